import { newId } from '#platform';
import { createHash } from 'node:crypto';
import mongoose from 'mongoose';
import { type Client, fundingBody, tokenFor, until } from './client.js';
import { StreamReader } from './event-reader.js';
import { useService } from './service.js';

interface NewToken {
  overlay_id: string;
  token: string;
  url: string;
  expires_at: string | null;
}

/** The promise; an api looks each second. */
const blankWithinMs = 5_000;

describe('overlay tokens', () => {
  const service = useService({}, { sink: true });
  const streamer = service.client();
  let sessionId: string;
  let goalId: string;
  beforeAll(async () => {
    await service.startApi();
    sessionId = await streamer.openSession();
    goalId = await streamer.createGoal('show_funding', fundingBody(sessionId));
    await until(async () => (await streamer.goal(goalId)).status === 'active');
  });

  const create = async (client: Client = streamer, session = sessionId) =>
    (await client.post<NewToken>(`/sessions/${session}/overlay-tokens`)).body;
  const ask = (token: string, method: string, path: string, base = service.baseUrl) =>
    fetch(base + path, { method, headers: { authorization: `Bearer ${token}` } }).then(async (answer) => {
      await answer.body?.cancel();
      return answer.status;
    });

  it('read the goals and events of their session and nothing else', async () => {
    const { token, url, expires_at } = await create();
    expect(url).toBe(`${url.split('/overlay')[0]}/overlay?token=${token}`);
    expect(service.urls).toContain(url.split('/overlay')[0]);
    expect(expires_at).toBeNull();
    const other = await streamer.openSession();
    const otherGoal = await streamer.createGoal('show_funding', fundingBody(other));
    const granted = [
      `/sessions/${sessionId}`,
      `/sessions/${sessionId}/goals`,
      `/sessions/${sessionId}/events`,
      `/goals/${goalId}`,
    ];
    for (const path of granted) expect([path, await ask(token, 'GET', path)]).toEqual([path, 200]);
    const refused = [
      ['GET', `/sessions/${other}`],
      ['GET', `/sessions/${other}/goals`],
      ['GET', `/sessions/${other}/events`],
      ['GET', `/goals/${otherGoal}`],
      ['GET', '/goals'],
      ['GET', `/sessions/${sessionId}/feed`],
      ['GET', `/goals/${goalId}/leaderboard`],
      ['GET', `/sessions/${sessionId}/overlay-tokens`],
      ['POST', `/sessions/${sessionId}/overlay-tokens`],
      ['POST', `/sessions/${sessionId}/end`],
      ['DELETE', `/goals/${goalId}`],
      ['POST', '/pusher/auth'],
      ['GET', '/events'],
      ['GET', '/audit'],
      ['GET', '/admin/queues/api/queues'],
    ];
    for (const [method, path] of refused)
      expect([path, await ask(token, method!, path!)]).toEqual([path, 403]);
    // Its page asks how events come: here they need no channel.
    expect(await ask(token, 'GET', '/overlay/transport')).toBe(200);
    expect(await ask(token, 'POST', '/overlay/pusher/auth')).toBe(422);
    for (const forged of [`${token.slice(0, -2)}AA`, `gpo_${'A'.repeat(75)}`, 'gpo_', `${token}A`])
      expect(await ask(forged, 'GET', `/sessions/${sessionId}`)).toBe(401);
  });

  it('are stored as a hash alone, and recorded without it', async () => {
    const { token, overlay_id } = await create();
    const [stored] = await service.documents('overlay_token', {
      token_hash: createHash('sha256').update(token).digest('hex'),
    });
    expect(stored).toMatchObject({ session_id: sessionId, created_by: streamer.userId });
    expect(JSON.stringify(await service.documents('audit_log'))).not.toContain(token);
    const { body } = await service
      .client(undefined, ['admin'])
      .get<{ items: object[] }>(`/audit?act=create_overlay_token&session_id=${sessionId}`);
    expect(body.items[0]).toMatchObject({ target: { session_id: sessionId, overlay_id } });
    const list = await streamer.get<{ items: object[] }>(`/sessions/${sessionId}/overlay-tokens`);
    expect(list.body.items[0]).toMatchObject({ overlay_id, expires_at: null });
    expect(JSON.stringify(list.body)).not.toMatch(/gpo_|token_hash/);
  });

  it('are refused on every api once they are revoked, and their streams end', async () => {
    const { token, overlay_id } = await create();
    const kept = await create();
    const open = (one: string) =>
      Promise.all(
        service.urls.map((base) =>
          StreamReader.open(`${base}/sessions/${sessionId}/events?access_token=${one}`),
        ),
      );
    const [streams, others] = [await open(token), await open(kept.token)];
    const begunAt = Date.now();
    const path = `/sessions/${sessionId}/overlay-tokens/${overlay_id}`;
    expect((await service.client().send('DELETE', path)).status).toBe(403);
    expect((await streamer.send('DELETE', path)).status).toBe(204);
    await Promise.all(streams.map(({ ended }) => ended));
    expect(Date.now() - begunAt).toBeLessThan(blankWithinMs);
    for (const base of service.urls)
      expect(await ask(token, 'GET', `/sessions/${sessionId}/goals`, base)).toBe(401);
    expect(others.every(({ response }) => !response.destroyed)).toBe(true);
    await Promise.all(others.map((stream) => stream.close()));
    expect((await streamer.send('DELETE', path)).status).toBe(404);
  });

  it('hold for a day after the end of the session', async () => {
    const session = await streamer.openSession();
    const { token } = await create(streamer, session);
    await streamer.post(`/sessions/${session}/end`);
    expect(await ask(token, 'GET', `/sessions/${session}`)).toBe(200);
    const { body } = await streamer.get<{ items: NewToken[] }>(`/sessions/${session}/overlay-tokens`);
    const endedAt = Date.parse(body.items[0]!.expires_at!) - 24 * 3600_000;
    expect(Math.abs(Date.now() - endedAt)).toBeLessThan(60_000);
    const refused = await streamer.post(`/sessions/${session}/overlay-tokens`);
    expect([refused.status, refused.body.code]).toEqual([409, 'session_ended']);
    const dayAgo = new Date(Date.now() - 24 * 3600_000 - 1_000);
    const _id = new mongoose.Types.ObjectId(session);
    await service.mongo.collection('session').updateOne({ _id }, { $set: { ended_at: dayAgo } });
    await until(async () => (await ask(token, 'GET', `/sessions/${session}`)) === 401);
  });

  it('are no matter of other streamers', async () => {
    const other = await tokenFor(newId(), ['streamer']);
    expect(await ask(other, 'POST', `/sessions/${sessionId}/overlay-tokens`)).toBe(403);
    expect(await ask(other, 'GET', `/sessions/${sessionId}/overlay-tokens`)).toBe(403);
  });

  describe('what reaches the streams without being stored', () => {
    const collections = [
      'goal',
      'event_log',
      'webhook_delivery',
      'livestream_feed',
      'analytics_event',
      'goal_contribution',
      'audit_log',
    ];
    const stored = async () =>
      JSON.stringify(await Promise.all(collections.map((collection) => service.documents(collection))));
    const withStream = async <Result>(work: (stream: StreamReader) => Promise<Result>): Promise<Result> => {
      const token = await tokenFor(newId(), []);
      const stream = await StreamReader.open(
        `${service.urls[0]}/sessions/${sessionId}/events?access_token=${token}`,
      );
      try {
        return await work(stream);
      } finally {
        await stream.close();
      }
    };
    const rehearse = (event: string, goal = goalId) =>
      streamer.post<{ event_id: string }>(`/goals/${goal}/rehearse`, { event });

    it('is a rehearsal, with the payload of its event and the mark of a test', async () => {
      await withStream(async (stream) => {
        const before = await stored();
        const { status, body } = await rehearse('goal.level_reached');
        expect(status).toBe(202);
        await until(async () => stream.events.length > 0);
        const goal = await streamer.goal(goalId);
        const expected = {
          test: true,
          event_id: body.event_id,
          goal_id: goalId,
          session_id: sessionId,
          version: goal.version,
          level_reached: 1,
          level: 1,
          progress: 50,
        };
        expect(stream.events).toMatchObject([{ event: 'goal.level_reached', data: expected }]);
        expect(stream.events[0]!.id).toBeUndefined();
        const pushes = () => service.sink.accepted.filter(({ data }) => data.event_id === body.event_id);
        await until(async () => pushes().length > 0);
        expect(pushes()).toMatchObject([
          { name: 'goal.level_reached', channel: `private-stream@${streamer.userId}`, data: expected },
        ]);
        expect(await stored()).toBe(before);
      });
    });

    it('is refused for what cannot happen to the goal', async () => {
      expect((await rehearse('goal.created')).status).toBe(422);
      const karaoke = await streamer.createGoal('karaoke', {
        levels: [{ target: 5 }],
        context: { session_id: sessionId },
      });
      await until(async () => (await streamer.goal(karaoke)).status === 'active');
      const { status, body } = await rehearse('goal.settled', karaoke);
      expect([status, (body as unknown as { code: string }).code]).toEqual([409, 'not_a_show']);
    });

    it('is the name of a giver, unless it is anonymous', async () => {
      await withStream(async (stream) => {
        const give = (more: object) =>
          service.client(undefined, ['service']).post(`/goals/${goalId}/contributions`, {
            source_id: newId(),
            user_id: newId(),
            amount: 1,
            ...more,
          });
        const named = { display_name: 'Ann', message: 'hello' };
        expect((await give({ ...named, anonymous: true })).status).toBe(201);
        expect((await give({})).status).toBe(201);
        const source_id = newId();
        expect((await give({ ...named, source_id })).status).toBe(201);
        const gifts = () => stream.events.filter(({ event }) => event === 'goal.contributed');
        await until(async () => gifts().length > 0);
        const giver = { ...named, amount: 1 };
        expect(gifts()).toEqual([
          {
            id: undefined,
            event: 'goal.contributed',
            data: { goal_id: goalId, session_id: sessionId, unit: 'tickets', source_id, giver },
          },
        ]);
        expect(JSON.stringify(await service.documents('event_log'))).not.toContain('Ann');
      });
    });
  });
});
