import { newId } from '#platform';
import { ChannelEncryption, RealtimeConfig } from '#realtime';
import Pusher from 'pusher';
import { type Client, timedBody, tokenFor, until } from './client.js';
import { useService } from './service.js';

const app = {
  PUSHER_APP_ID: 'app',
  PUSHER_KEY: 'app-key',
  PUSHER_SECRET: 'app-secret',
  PUSHER_HOST: '127.0.0.1',
  PUSHER_PORT: '1',
};

describe('POST /pusher/auth', () => {
  const service = useService(app);
  const streamer = service.client();
  let viewer: Client;
  let fundingGoalId: string;
  let sessionId: string;
  const socket_id = '1234.5678';
  const signer = new Pusher({ appId: 'app', key: 'app-key', secret: 'app-secret', cluster: 'mt1' });

  beforeAll(async () => {
    viewer = service.client(undefined, []);
    sessionId = await streamer.openSession();
    fundingGoalId = await streamer.createGoal('show_funding', timedBody(sessionId));
    await until(async () => (await streamer.goal(fundingGoalId)).status === 'active');
    await until(async () => (await streamer.session(sessionId)).show_goal_pairs.length);
  });

  const ask = (client: Client, channel_name: string) =>
    client.post('/pusher/auth', { socket_id, channel_name });
  const own = (viewerId: string, streamerId = streamer.userId) =>
    `presence-enc-stream-viewer@${streamerId}.sd.${viewerId}`;
  const buy = (user_id: string) =>
    service
      .client(undefined, ['service'])
      .post(`/goals/${fundingGoalId}/contributions`, { source_id: newId(), user_id, amount: 1 });

  it("signs the stream's channel for any signed-in viewer, asked by JSON or by form", async () => {
    const channel = `private-stream@${streamer.userId}`;
    const expected = signer.authorizeChannel(socket_id, channel);
    expect(await ask(viewer, channel)).toMatchObject({ status: 200, body: expected });
    const form = await fetch(`${service.baseUrl}/pusher/auth`, {
      method: 'POST',
      headers: { authorization: `Bearer ${await tokenFor(viewer.userId, [])}` },
      body: new URLSearchParams({ socket_id, channel_name: channel }),
    });
    expect([form.status, await form.json()]).toEqual([200, expected]);
  });

  it("signs a viewer's own channel for who has a ticket, and gives the key of the channel", async () => {
    const channel = own(viewer.userId);
    expect(await ask(viewer, channel)).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    expect((await buy(viewer.userId)).status).toBe(201);
    const { status, body } = await ask(viewer, channel);
    expect(status).toBe(200);
    const secret = new ChannelEncryption(service.config.get(RealtimeConfig)).sharedSecret(channel, sessionId);
    expect(body).toEqual({
      ...signer.authorizeChannel(socket_id, channel, { user_id: viewer.userId }),
      shared_secret: Buffer.from(secret).toString('base64'),
    });
    expect(JSON.parse(String(body.channel_data))).toEqual({ user_id: viewer.userId });
  });

  it('signs their own channel for the streamer', async () => {
    expect((await ask(streamer, own(streamer.userId))).status).toBe(200);
  });

  it.each([
    ["another viewer's channel", () => own(newId())],
    ['their channel at a streamer whose tickets they do not have', () => own(viewer.userId, newId())],
    ['a channel of no known form', () => 'private-everything'],
    ['a channel that only begins like one', () => `private-stream@${streamer.userId}.more`],
    ['a stream that is no id', () => 'private-stream@somebody'],
    ['a channel of Pusher itself', () => `private-encrypted-stream@${streamer.userId}`],
  ])('refuses %s', async (_, channel) => {
    const buyer = service.client(viewer.userId, []);
    await buy(viewer.userId);
    expect(await ask(buyer, channel())).toMatchObject({ status: 403, body: { code: 'forbidden' } });
  });

  it.each([
    [{ channel_name: 'private-a' }, '/socket_id'],
    [{ socket_id: '1.2:private-b', channel_name: 'private-a' }, '/socket_id'],
    [{ socket_id: '1.2' }, '/channel_name'],
    [{ socket_id: '1.2', channel_name: { $gt: '' } }, '/channel_name'],
  ])('refuses %j at %s', async (body, pointer) => {
    const answer = await viewer.post<{ errors: { pointer: string }[] }>('/pusher/auth', body);
    expect([answer.status, answer.body.errors.map((error) => error.pointer)]).toEqual([422, [pointer]]);
  });

  it('keeps what it checks against, and drops it when a goal is added', async () => {
    const key = `${service.prefix}:channel-data:${streamer.userId}`;
    await ask(viewer, own(viewer.userId));
    expect(JSON.parse((await service.redis.get(key)) ?? '')).toEqual({ fundingGoalIds: [fundingGoalId] });
    expect(await service.redis.ttl(key)).toBeGreaterThan(0);
    const next = await streamer.createGoal('show_funding', timedBody(await streamer.openSession()));
    await until(async () => (await service.redis.exists(key)) === 0);
    await buyFor(next);
    expect((await ask(service.client(late, []), own(late))).status).toBe(200);
  });

  const late = newId();
  const buyFor = async (goalId: string) => {
    await until(async () => (await streamer.goal(goalId)).status === 'active');
    const ticket = { source_id: newId(), user_id: late, amount: 1 };
    await service.client(undefined, ['service']).post(`/goals/${goalId}/contributions`, ticket);
  };

  it('is 401 without a token and 413 over 64 KiB', async () => {
    const anonymous = await fetch(`${service.baseUrl}/pusher/auth`, { method: 'POST' });
    expect(anonymous.status).toBe(401);
    const big = await viewer.post('/pusher/auth', { socket_id, channel_name: 'x'.repeat(70_000) });
    expect(big).toMatchObject({ status: 413, body: { code: 'payload_too_large' } });
  });
});
