import { newId, toObjectId } from '#platform';
import { Client, timedBody, until } from './client.js';
import { useService } from './service.js';

const app = {
  PUSHER_APP_ID: 'app',
  PUSHER_KEY: 'app-key',
  PUSHER_SECRET: 'app-secret',
  PUSHER_HOST: '127.0.0.1',
  PUSHER_PORT: '1',
};

describe('the owner of a ticket, on every api', () => {
  const service = useService(app);
  let streamer: Client;
  let viewerId: string;

  beforeAll(async () => {
    await service.startApi();
  });
  beforeEach(() => {
    streamer = service.client();
    viewerId = newId();
  });

  /** What each api answers, one after the other. */
  const join = async (userId = viewerId): Promise<number[]> => {
    const channel_name = `presence-enc-stream-viewer@${streamer.userId}.sd.${userId}`;
    const seen: number[] = [];
    for (const url of service.urls) {
      const answer = await new Client(url, userId, []).post('/pusher/auth', {
        socket_id: '1.2',
        channel_name,
      });
      seen.push(answer.status);
    }
    return seen;
  };
  const open = async (sessionId: string, window: object = {}): Promise<string> => {
    const goalId = await streamer.createGoal('show_funding', timedBody(sessionId, {}, window));
    await until(async () => (await streamer.goal(goalId)).status === 'active');
    const isBound = ({ funding_goal }: { funding_goal: string | null }) => funding_goal === goalId;
    await until(async () => (await streamer.session(sessionId)).show_goal_pairs.some(isBound));
    return goalId;
  };
  const buy = async (goalId: string) => {
    const ticket = { source_id: newId(), user_id: viewerId, amount: 1 };
    const { status } = await service
      .client(undefined, ['service'])
      .post(`/goals/${goalId}/contributions`, ticket);
    expect(status).toBe(201);
  };
  const all = (status: number) => service.urls.map(() => status);
  const cacheKey = () => `${service.prefix}:channel-data:${streamer.userId}`;

  it('may join while the session runs, and not from the moment that it has ended', async () => {
    const sessionId = await streamer.openSession();
    await buy(await open(sessionId));
    expect(await join()).toEqual(all(200));
    expect(await join(streamer.userId)).toEqual(all(200));
    expect((await streamer.post(`/sessions/${sessionId}/end`)).status).toBe(200);
    expect(await join()).toEqual(all(403));
    expect(await join(streamer.userId)).toEqual(all(403));
  });

  it('may not from the moment that the session is stored as ended, whatever is queued', async () => {
    const sessionId = await streamer.openSession();
    const goalId = await open(sessionId);
    await buy(goalId);
    expect(await join()).toEqual(all(200));
    await service.mongo.collection('session').updateMany({}, { $set: { active: false } });
    expect((await streamer.goal(goalId)).status).toBe('active');
    expect(await join()).toEqual(all(403));
  });

  it('may not from the moment that the funding goal is cancelled', async () => {
    const sessionId = await streamer.openSession();
    const goalId = await open(sessionId);
    await buy(goalId);
    expect(await join()).toEqual(all(200));
    expect((await streamer.send('DELETE', `/goals/${goalId}`)).status).toBe(200);
    expect(await join()).toEqual(all(403));
    expect((await streamer.session(sessionId)).active).toBe(true);
  });

  it('may by a ticket that holds beside one that does not', async () => {
    const [ended, running] = [await streamer.openSession(), await streamer.openSession()];
    const [first, cancelled, last] = [await open(ended), await open(running), await open(running)];
    for (const goalId of [first, cancelled, last]) await buy(goalId);
    await streamer.post(`/sessions/${ended}/end`);
    await streamer.send('DELETE', `/goals/${cancelled}`);
    expect(await join()).toEqual(all(200));
    await streamer.send('DELETE', `/goals/${last}`);
    expect(await join()).toEqual(all(403));
  });

  it('may once the funding goal has expired or is complete, while the session runs', async () => {
    const sessionId = await streamer.openSession();
    for (const status of ['expired', 'completed']) {
      const goalId = await open(sessionId);
      await buy(goalId);
      const _id = toObjectId(goalId);
      await service.mongo.collection('goal').updateOne({ _id }, { $set: { status, active: false } });
      expect([status, await join()]).toEqual([status, all(200)]);
      await service.mongo.collection('goal').updateOne({ _id }, { $set: { status: 'cancelled' } });
      expect(await join()).toEqual(all(403));
    }
  });

  it('may by a ticket for a goal that what is kept of the channel does not know', async () => {
    const goalId = await open(await streamer.openSession());
    await buy(goalId);
    await service.redis.set(cacheKey(), JSON.stringify({ fundingGoalIds: [newId()] }), 'EX', 60);
    expect(await join()).toEqual(all(200));
    expect(JSON.parse((await service.redis.get(cacheKey())) ?? '')).toEqual({ fundingGoalIds: [goalId] });
  });

  it('may not by a ticket for a goal that is gone', async () => {
    const goalId = await open(await streamer.openSession());
    await buy(goalId);
    await service.mongo.collection('goal').deleteOne({ _id: toObjectId(goalId) });
    expect(await join()).toEqual(all(403));
  });
});
