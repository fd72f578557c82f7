import type { Access, GoalEvent } from '#contracts';
import { newId, toObjectId } from '#platform';
import { ChannelEncryption, RealtimeConfig } from '#realtime';
import nacl from 'tweetnacl';
import { Client, fundingBody, showBody, timedBody, until } from './client.js';
import { useService } from './service.js';

const messaging = () => ({ MESSAGING_URL: process.env.TEST_REDIS_URL, SWEEP_INTERVAL_MS: '300' });

describe('access to a show', () => {
  const service = useService(messaging, { sink: true });
  let streamer: Client;
  let viewer: Client;
  let sessionId: string;
  let fundingGoalId: string;
  const platform = service.client(undefined, ['service']);
  const heard: GoalEvent<'access.granted' | 'access.revoked'>[] = [];

  beforeAll(async () => {
    await service.startApi();
    const subscriber = service.redis.duplicate();
    service.beforeStop(() => subscriber.disconnect());
    subscriber.on('message', (_, packet: string) => {
      const { data: event } = JSON.parse(packet) as { data: (typeof heard)[number] };
      // An event may come twice, by the same event_id.
      if (!heard.some(({ event_id }) => event_id === event.event_id)) heard.push(event);
    });
    await subscriber.subscribe('access.granted', 'access.revoked');
  });
  beforeEach(async () => {
    streamer = service.client();
    viewer = service.client(undefined, []);
    ({ sessionId, fundingGoalId } = await streamer.openFundedSession());
    await until(async () => (await streamer.goal(fundingGoalId)).status === 'active');
  });

  const path = (goalId = fundingGoalId, userId = viewer.userId) => `/goals/${goalId}/access/${userId}`;
  const buy = async (source_id = newId(), user_id = viewer.userId) => {
    const ticket = { source_id, user_id, amount: 1 };
    expect((await platform.post(`/goals/${fundingGoalId}/contributions`, ticket)).status).toBe(201);
  };
  const decide = (allowed: boolean, reason?: string) =>
    streamer.send<Access>('PUT', path(), { allowed, reason });
  /** What every api answers; they must agree. */
  const ask = async (goalId = fundingGoalId, userId?: string): Promise<Access['via']> => {
    const answers: Access[] = [];
    for (const url of service.urls) {
      const { status, body } = await new Client(url, undefined, ['service']).get<Access>(
        path(goalId, userId),
      );
      expect(status).toBe(200);
      answers.push(body);
    }
    const [{ via }] = answers as [Access];
    for (const answer of answers)
      expect(answer).toEqual({ allowed: via !== null, via, goal_id: goalId, session_id: sessionId });
    return via;
  };
  const join = async (userId = viewer.userId) => {
    const channel_name = `presence-enc-stream-viewer@${streamer.userId}.sd.${userId}`;
    const answers = [];
    for (const url of service.urls)
      answers.push(
        await new Client(url, userId, []).post<{ shared_secret?: string }>('/pusher/auth', {
          socket_id: '1.2',
          channel_name,
        }),
      );
    const [first] = answers;
    for (const answer of answers) expect([answer.status, answer.body]).toEqual([first?.status, first?.body]);
    return first!;
  };
  /** What the viewer has got on the own channel, read with the key of the session. */
  const pushed = (userId = viewer.userId, session = sessionId): Record<string, unknown>[] => {
    const encryption = new ChannelEncryption(service.config.get(RealtimeConfig));
    return service.sink.accepted.flatMap(({ channel, name, data }) => {
      if (!channel.endsWith(`.sd.${userId}`)) return [];
      const bytes = (base64: unknown) => new Uint8Array(Buffer.from(String(base64), 'base64'));
      const key = encryption.sharedSecret(channel, session);
      const text = nacl.secretbox.open(bytes(data.ciphertext), bytes(data.nonce), key);
      if (!text) return [];
      const payload = JSON.parse(Buffer.from(text).toString()) as Record<string, unknown>;
      return [{ ...payload, name }];
    });
  };
  const heardOf = (userId = viewer.userId) =>
    heard
      .filter(({ data }) => data.user_id === userId && data.goal_id === fundingGoalId)
      .map(({ type, data }) => [type, data.cause, data.reason]);
  const change = (update: object) =>
    service.mongo
      .collection('goal')
      .updateOne(
        { _id: toObjectId(fundingGoalId) },
        { $set: { unpublished: true }, $inc: { version: 1 }, ...update },
      );

  it('is by a ticket, a grant or for the streamer, and a ban goes before tickets', async () => {
    expect(await ask()).toBeNull();
    expect((await join()).status).toBe(403);
    expect(await ask(fundingGoalId, streamer.userId)).toBe('streamer');

    expect(await decide(true, 'a friend')).toMatchObject({
      status: 200,
      body: { allowed: true, via: 'grant' },
    });
    expect(await ask()).toBe('grant');
    expect((await join()).status).toBe(200);
    await buy();
    expect(await ask()).toBe('ticket');

    expect(await decide(false, 'insults')).toMatchObject({
      status: 200,
      body: { allowed: false, via: null },
    });
    expect(await ask()).toBeNull();
    expect((await join()).status).toBe(403);

    const back = await streamer.send<Access>('DELETE', path());
    expect(back).toMatchObject({ status: 200, body: { allowed: true, via: 'ticket' } });
    expect(await ask()).toBe('ticket');
    await until(async () => heardOf().length >= 3);
    expect(heardOf()).toEqual([
      ['access.granted', 'grant', 'a friend'],
      ['access.revoked', 'ban', 'insults'],
      ['access.granted', 'taken_back', null],
    ]);
    await until(async () => pushed().length >= 1);
    expect(pushed()).toMatchObject([{ name: 'stream.revoked', goal_id: fundingGoalId, cause: 'ban' }]);
  });

  it('changes nothing for a decision that is made twice or that makes no difference', async () => {
    await decide(true);
    await decide(true);
    await buy();
    await streamer.send('DELETE', path());
    await streamer.send('DELETE', path());
    await decide(false);
    await until(async () => heardOf().length >= 2);
    await service.queues.settled();
    expect(heardOf()).toEqual([
      ['access.granted', 'grant', null],
      ['access.revoked', 'ban', null],
    ]);
    expect(await service.documents('access_rule', { user_id: viewer.userId })).toMatchObject([
      { allowed: false, changed_by: streamer.userId, outbox: [] },
    ]);
  });

  it('is told of though Redis lost the job, and in order', async () => {
    await service.stopWorker();
    for (const allowed of [true, false, true]) await decide(allowed);
    const jobs = (await service.keys()).filter((key) => key.includes(':access:'));
    await service.forget(jobs);
    await service.startWorker();
    await until(async () => heardOf().length >= 3);
    expect(heardOf().map(([type]) => type)).toEqual(['access.granted', 'access.revoked', 'access.granted']);
  });

  it('is the same by the id of the show goal, and told to who is let in while the show is on', async () => {
    const banned = newId();
    await buy(newId(), banned);
    await streamer.send('PUT', path(fundingGoalId, banned), { allowed: false });
    await decide(true);
    const showGoalId = await streamer.createGoal('show', showBody(sessionId, fundingGoalId));
    await until(async () => pushed().length >= 1);
    expect(pushed()).toMatchObject([{ name: 'stream.authorized', goal_id: showGoalId }]);
    expect([await ask(showGoalId), await ask(showGoalId, banned)]).toEqual(['grant', null]);

    await streamer.send('DELETE', path(showGoalId));
    await until(async () => pushed().length >= 2);
    await streamer.send('PUT', path(showGoalId), { allowed: true });
    await until(async () => pushed().length >= 3);
    expect(pushed().map(({ name }) => name)).toEqual([
      'stream.authorized',
      'stream.revoked',
      'stream.authorized',
    ]);
    expect(new Set(pushed().map(({ event_id }) => event_id)).size).toBe(3);
    expect(new Set(pushed(banned).map(({ name }) => name))).toEqual(new Set(['stream.revoked']));
  });

  it('ends for everybody with the session, and the next session has another key', async () => {
    const granted = newId();
    await buy();
    await streamer.send('PUT', path(fundingGoalId, granted), { allowed: true });
    const before = await join();
    expect(before.body.shared_secret).toEqual((await join(viewer.userId)).body.shared_secret);
    await streamer.post(`/sessions/${sessionId}/end`);
    for (const userId of [viewer.userId, granted, streamer.userId]) {
      expect(await ask(fundingGoalId, userId)).toBeNull();
      expect((await join(userId)).status).toBe(403);
    }
    for (const userId of [viewer.userId, granted])
      await until(async () => pushed(userId).some(({ cause }) => cause === 'session_ended'));

    const next = await streamer.openSession();
    const goalId = await streamer.createGoal('show_funding', fundingBody(next));
    await until(async () => (await streamer.session(next)).show_goal_pairs.length);
    await streamer.send('PUT', path(goalId), { allowed: true });
    const after = await join();
    expect(after.status).toBe(200);
    expect(after.body.shared_secret).not.toBe(before.body.shared_secret);
    const encryption = new ChannelEncryption(service.config.get(RealtimeConfig));
    const channel = `presence-enc-stream-viewer@${streamer.userId}.sd.${viewer.userId}`;
    const keyOf = (session: string) =>
      Buffer.from(encryption.sharedSecret(channel, session)).toString('base64');
    expect([before, after].map(({ body }) => body.shared_secret)).toEqual([keyOf(sessionId), keyOf(next)]);
  });

  it('ends with the last ticket, told once though two tickets were voided together', async () => {
    const [first, second] = [newId(), newId()];
    await buy(first);
    await buy(second);
    await service.queues.settled();
    const refund = (source_id: string) =>
      platform.post(`/goals/${fundingGoalId}/contributions/${source_id}/void`, { reason: 'refund' });
    expect((await refund(first)).status).toBe(200);
    expect(await ask()).toBe('ticket');
    expect((await refund(second)).status).toBe(200);
    expect(await ask()).toBeNull();
    expect((await join()).status).toBe(403);
    await until(async () => heardOf().length >= 1);
    await service.queues.settled();
    expect(heardOf()).toEqual([['access.revoked', 'void', 'refund']]);
    expect(pushed()).toMatchObject([{ name: 'stream.revoked', cause: 'void' }]);
  });

  it('ends for all of a funding goal that is void, each told on the own channel', async () => {
    const owners = Array.from({ length: 12 }, () => newId());
    for (const owner of owners) await buy(newId(), owner);
    await decide(true);
    await service.queues.settled();
    const entry = { type: 'goal.settled', tickets: 12, total: 12 };
    await change({
      $set: { unpublished: true, outcome: 'void', void_reason: 'not_delivered' },
      $push: { outbox: entry },
    });
    expect([
      await ask(),
      await ask(fundingGoalId, owners[0]),
      await ask(fundingGoalId, streamer.userId),
    ]).toEqual([null, null, null]);
    for (const userId of [...owners, viewer.userId]) {
      await until(async () => pushed(userId).length >= 1);
      expect(pushed(userId)).toMatchObject([{ name: 'stream.revoked', cause: 'settled' }]);
    }
  });

  it('is asked by that user, services and admins, and decided by who manages the session', async () => {
    const [other, admin] = [service.client(), service.client(undefined, ['admin'])];
    const statuses = async (method: string, body?: object) =>
      Promise.all(
        [viewer, other, streamer, platform, admin].map(
          async (client) => (await client.send(method, path(), body)).status,
        ),
      );
    expect(await statuses('GET')).toEqual([200, 403, 403, 200, 200]);
    expect(await statuses('PUT', { allowed: true })).toEqual([403, 403, 200, 200, 200]);
    expect(await statuses('DELETE')).toEqual([403, 403, 200, 200, 200]);
  });

  it('is refused for goals that have none, and for what is no user or no decision', async () => {
    const trigger = await streamer.createGoal('trigger_private', timedBody(sessionId));
    await until(async () => (await streamer.goal(trigger)).status === 'active');
    const codeOf = async (method: string, of: string, body?: object) => {
      const { status, body: problem } = await platform.send(method, of, body);
      return [status, problem.code];
    };
    expect(await codeOf('GET', path(trigger))).toEqual([409, 'not_a_show']);
    expect(await codeOf('PUT', path(trigger), { allowed: true })).toEqual([409, 'not_a_show']);
    expect(await codeOf('GET', path(newId()))).toEqual([404, 'goal_not_found']);
    expect(await codeOf('PUT', path(fundingGoalId, 'no@body'), { allowed: true })).toEqual([
      422,
      'validation_failed',
    ]);
    for (const body of [{}, { allowed: 'yes' }, { allowed: true, reason: '' }, { allowed: true, more: 1 }])
      expect(await codeOf('PUT', path(), body)).toEqual([422, 'validation_failed']);
  });
});
