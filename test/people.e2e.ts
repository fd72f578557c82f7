import { newId, toObjectId } from '#platform';
import { Client, fundingBody, showBody, until } from './client.js';
import { LoggingProcess } from './logging-process.js';
import { findMarks, readExport, type Marks } from './people-search.js';
import { freePort, runOperation, shortLocks, TestProcess } from './process.js';
import { useService } from './service.js';
import { bearer, claims, hmac } from './token-cases.js';

interface Erasure {
  erasure_id: string;
  status: 'running' | 'done';
  documents: number;
  requested_at: string;
  completed_at: string | null;
}

describe("a user's data", () => {
  const service = useService({}, { apps: [] });
  const streamer = service.client();
  const platform = service.client(undefined, ['service']);
  const admin = service.client(undefined, ['admin']);
  const user = service.client(newId(), ['streamer', 'admin']);
  const marks: Marks = {
    id: user.userId,
    name: 'Zoe-Mark',
    message: 'mark of a message',
    title: 'marked title',
  };
  let logs: LoggingProcess[];
  let api: string;
  let fundingGoal: string;
  let own: string;

  beforeAll(async () => {
    const port = await freePort();
    api = `http://127.0.0.1:${port}`;
    service.baseUrl = api;
    logs = await Promise.all([
      LoggingProcess.start('api', service, { PORT: String(port), LOG_LEVEL: 'info' }),
      LoggingProcess.start('worker', service, { LOG_LEVEL: 'info', DELIVERY_BACKOFF_MS: '20' }),
    ]);
    service.beforeStop(() => Promise.all(logs.map((one) => one.stop())));
    await Promise.all(logs.map((one) => one.says('ready on')));
  }, 60_000);

  const expectStatus = async (status: number, answer: Promise<{ status: number; body: unknown }>) => {
    const { status: got, body } = await answer;
    expect([got, body]).toEqual([status, body]);
  };
  const give = (goal: string, more: object) =>
    platform.post(`/goals/${goal}/contributions`, { user_id: user.userId, amount: 3, ...more });
  /** The erasure goes on at once where it would rest between its passes. */
  const isDone = async (erasureId: string) => {
    await service.mongo
      .collection('erasure')
      .updateOne({ _id: toObjectId(erasureId), owner: null }, { $set: { due_at: new Date(0) } });
    const { body } = await platform.get<Erasure>(`/erasures/${erasureId}`);
    return body.status === 'done' && body;
  };
  /** The sums that no erasure may change. */
  const totals = async () => {
    const { progress, level, late_tickets } = await streamer.goal(fundingGoal);
    const path = `/goals/${fundingGoal}/leaderboard`;
    const { body } = await platform.get<{ items: { rank: number; amount: number }[] }>(path);
    const contributions = await service.documents('goal_contribution', { goal_id: toObjectId(fundingGoal) });
    const given = contributions.map(({ source_id, amount, voided_at }) => [source_id, amount, voided_at]);
    return {
      progress,
      level,
      late_tickets,
      given,
      board: body.items.map(({ rank, amount }) => [rank, amount]),
    };
  };

  it('is in every place that the table names, once the user has done what a user can do', async () => {
    // As a streamer, whose session is over.
    const opened = await user.post<{ session_id: string }>('/sessions', {}, { 'idempotency-key': 'mine' });
    own = opened.body.session_id;
    await expectStatus(201, platform.post('/webhooks', { url: 'https://192.0.3.1/', session_id: own }));
    const levels = [{ title: marks.title, target: 50 }];
    await service.mongo
      .collection('session')
      .updateOne(
        { _id: toObjectId(own) },
        { $set: { rtc_sources: [{ publisher_id: marks.id, kind: 'audio', track: 'a', since: new Date() }] } },
      );
    const trigger = await user.createGoal('trigger_exclusive', { ...fundingBody(own), levels });
    await until(async () => (await user.goal(trigger)).status === 'active');
    const exclusive = await user.createGoal('exclusive', {
      ...fundingBody(own),
      levels,
      context: { session_id: own, trigger_exclusive_goal_id: trigger },
    });
    await until(async () => (await service.documents('rtc_snapshot')).length > 0 && user.goal(exclusive));
    await expectStatus(201, user.post(`/sessions/${own}/overlay-tokens`));
    await expectStatus(200, user.post(`/sessions/${own}/end`));

    // As a viewer.
    const { sessionId, fundingGoalId } = await streamer.openFundedSession();
    fundingGoal = fundingGoalId;
    await until(async () => (await streamer.goal(fundingGoal)).status === 'active');
    await expectStatus(
      201,
      give(fundingGoal, { source_id: 'one', display_name: marks.name, message: marks.message }),
    );
    await expectStatus(201, give(fundingGoal, { source_id: 'two', anonymous: true, message: marks.message }));
    await expectStatus(201, give(fundingGoal, { source_id: 'three' }));
    await expectStatus(201, give(fundingGoal, { source_id: 'other', user_id: newId(), amount: 7 }));
    await expectStatus(200, platform.post(`/goals/${fundingGoal}/contributions/three/void`, {}));
    for (const allowed of [false, true])
      await expectStatus(
        200,
        streamer.send('PUT', `/goals/${fundingGoal}/access/${marks.id}`, { allowed, reason: marks.message }),
      );
    await streamer.createGoal('show', showBody(sessionId, fundingGoal));
    const channel_name = `presence-enc-stream-viewer@${streamer.userId}.sd.${marks.id}`;
    await service.redis.set(`${service.prefix}:channel-data:${marks.id}`, '{}', 'EX', 60);

    // As somebody who denies tokens, and whose tokens are denied later on.
    await expectStatus(201, user.post('/admin/token-denials', { jti: 'stolen' }));
    await expectStatus(
      201,
      admin.post('/admin/token-denials', { user_id: marks.id, issued_before: 1_000, reason: marks.message }),
    );

    // Jobs that wait.
    const later = { delay: 3_600_000 };
    const jobs: [string, object][] = [
      ['refused_push', { channel: channel_name, name: 'stream.authorized', payload: { user_id: marks.id } }],
      ['authorize_viewers', { goal_id: newId(), session_id: own, streamer_id: marks.id, after: marks.id }],
      ['analytics.track', { events: [{ event: 'goal.added', user_id: marks.id }, { user_id: newId() }] }],
    ];
    for (const [name, data] of jobs) await service.queues.of(name).add(name, data, later);

    await until(async () => (await service.documents('goal', { unpublished: true })).length === 0);
    await until(async () => (await service.documents('access_rule', { unpublished: true })).length === 0);
    await until(async () => (await service.documents('livestream_feed')).length >= 4);
    expect((await totals()).board.map(([, amount]) => amount)).toEqual([7, 3, 3]);
    const found = await findMarks(service, marks);
    expect(found.collections).toEqual(
      [
        'access_rule',
        'analytics_event',
        'audit_log',
        'event_log',
        'goal',
        'goal_contribution',
        'goal_request',
        'livestream_feed',
        'overlay_token',
        'rtc_snapshot',
        'session',
        'token_denial',
        'webhook_delivery',
      ].toSorted(),
    );
    for (const kind of [
      'leaderboard',
      'idempotency',
      'realtime',
      'authorize_viewers',
      'analytics.track',
      'refused_push',
    ])
      expect([kind, found.keys.some((key) => key.includes(kind))]).toEqual([kind, true]);
  }, 60_000);

  it('is exported, every document with it and none without', async () => {
    const { collections } = await findMarks(service, marks);
    const lines = await readExport(api, marks.id, platform);
    const last = lines.pop();
    expect(last).toEqual({ documents: lines.length });
    expect(new Set(lines.map(({ collection }) => collection))).toEqual(new Set(collections));
    for (const line of lines) expect(JSON.stringify(line)).toContain(marks.id);
    const whole = JSON.stringify(lines);
    for (const text of [marks.name, marks.message, marks.title]) expect(whole).toContain(text);
    expect(lines.filter(({ collection }) => collection === 'goal_contribution')).toHaveLength(3);
  });

  it('is not erased while the user is streaming', async () => {
    const running = await user.openSession();
    expect(await platform.send('DELETE', `/users/${marks.id}/data`)).toMatchObject({
      status: 409,
      body: { code: 'session_running' },
    });
    await expectStatus(200, user.post(`/sessions/${running}/end`));
  });

  it('is nowhere after an erasure: in no document, key, value, export or log line; totals are the same', async () => {
    const before = await totals();
    const asked = await Promise.all(
      [1, 2, 3].map(() => platform.send<Erasure>('DELETE', `/users/${marks.id}/data`)),
    );
    expect(new Set(asked.map(({ body }) => body.erasure_id)).size).toBe(1);
    const done = await until(() => isDone(asked[0]!.body.erasure_id));
    expect(done.documents).toBeGreaterThan(20);
    expect(await findMarks(service, marks)).toEqual({ collections: [], keys: [] });
    expect(await readExport(api, marks.id, platform)).toEqual([{ documents: 0 }]);
    expect(await totals()).toEqual(before);
    for (const text of Object.values(marks))
      for (const { log } of logs) expect(log.split('\n').filter((line) => line.includes(text))).toEqual([]);
    // One pseudonym stands in all places, and works where an id does.
    const [pseudonym, ...others] = new Set(
      (await service.documents('goal_contribution', { source_id: { $ne: 'other' } })).map(
        ({ user_id }) => user_id,
      ),
    );
    expect(others).toEqual([]);
    expect((await user.session(own)).user).toBe(pseudonym);
    expect((await user.get(`/sessions/${own}/feed`)).status).toBe(200);
    expect(await service.documents('access_rule', { user_id: pseudonym })).toHaveLength(1);
    const { body } = await admin.get<{ items: object[] }>('/audit?act=erase_user');
    expect(body.items).toEqual([expect.objectContaining({ target: { erasure_id: done.erasure_id } })]);
  }, 30_000);

  it('leaves a denial of tokens in force, and lets it be taken back', async () => {
    const { body } = await admin.get<{
      items: { denial_id: string; user_id: string | null; jti: string | null }[];
    }>('/admin/token-denials');
    const denial = body.items.find(({ user_id, jti }) => user_id === null && jti === null)!;
    // It does not say when it was issued, so it counts as older than any denial.
    const authorization = await bearer(hmac(claims(marks.id)));
    const ask = async () => (await fetch(`${api}/goals`, { headers: { authorization } })).status;
    expect(await ask()).toBe(401);
    await expectStatus(200, admin.send('DELETE', `/admin/token-denials/${denial.denial_id}`));
    await until(async () => (await ask()) === 200);
  });

  it('of a user who comes back is left alone by a repetition, and what a restore brought back goes again', async () => {
    const contributions = service.mongo.collection('goal_contribution');
    const [old] = await contributions.find({ source_id: 'one' }).toArray();
    await expectStatus(201, give(fundingGoal, { source_id: 'came-back', display_name: 'new name' }));
    await contributions.updateOne(
      { _id: old!._id },
      { $set: { user_id: marks.id, display_name: marks.name } },
    );
    const [code] = await Promise.all([runOperation(service, 'erase', '--again'), hurry()]);
    expect(code).toMatchObject({ code: 0 });
    expect(code.lines.at(-1)).toBe('1 repeated');
    expect(await contributions.findOne({ source_id: 'came-back' })).toMatchObject({
      user_id: marks.id,
      display_name: 'new name',
    });
    const again = await contributions.findOne({ source_id: 'one' });
    expect(JSON.stringify(again)).not.toMatch(new RegExp(`${marks.id}|${marks.name}`));
  }, 30_000);

  /** Ends the rests of all erasures for a while. */
  const hurry = async () => {
    const rests = service.mongo.collection('erasure');
    await until(async () => (await rests.countDocuments({ pass: 1 })) > 0);
    await until(async () => {
      await rests.updateMany({ owner: null, due_at: { $exists: true } }, { $set: { due_at: new Date(0) } });
      return (await rests.countDocuments({ user_id: { $exists: true } })) === 0;
    });
  };

  it('is erased by the command line', async () => {
    const [outcome] = await Promise.all([runOperation(service, 'erase', marks.id), hurry()]);
    expect(outcome.code).toBe(0);
    expect(JSON.parse(outcome.lines.at(-1)!)).toMatchObject({ status: 'done' });
    expect((await findMarks(service, { id: marks.id })).collections).toEqual([]);
  }, 30_000);

  it('of any size is erased by whichever process is left', async () => {
    const many = Number(process.env.PEOPLE_MANY ?? 12_000);
    const big = newId();
    const goal_id = toObjectId(fundingGoal);
    const created_at = new Date();
    const gift = (index: number) => ({
      goal_id,
      source_id: `big-${index}`,
      user_id: big,
      amount: 1,
      message: marks.message,
      created_at,
    });
    await service.mongo
      .collection('goal_contribution')
      .insertMany(Array.from({ length: many }, (_, index) => gift(index)));
    await logs.pop()!.stop();
    const worker = await TestProcess.start('worker', service, shortLocks);
    const { body } = await platform.send<Erasure>('DELETE', `/users/${big}/data`);
    const documents = async () =>
      (await platform.get<Erasure>(`/erasures/${body.erasure_id}`)).body.documents;
    await until(async () => (await documents()) > 0);
    await worker.end('SIGKILL');
    const atKill = await documents();
    expect(atKill).toBeLessThan(many);
    // Its lease ends.
    await service.mongo
      .collection('erasure')
      .updateOne({ _id: toObjectId(body.erasure_id) }, { $set: { due_at: new Date(0) } });
    const next = await TestProcess.start('worker', service, shortLocks);
    const done = await until(() => isDone(body.erasure_id));
    expect(done.documents).toBeGreaterThanOrEqual(many);
    expect(await service.documents('goal_contribution', { user_id: big })).toEqual([]);
    const left = { goal_id, source_id: /^big-/, message: { $exists: true } };
    expect(await service.mongo.collection('goal_contribution').countDocuments(left)).toBe(0);
    await next.end('SIGTERM');
  }, 60_000);

  it('is for services and admins', async () => {
    for (const role of ['streamer', 'viewer'])
      for (const method of ['GET', 'DELETE'])
        expect((await new Client(api, marks.id, [role]).send(method, `/users/${marks.id}/data`)).status).toBe(
          403,
        );
  });
});
