import type { ProblemDetails } from '#contracts';
import { newId, toObjectId } from '#platform';
import { type Answer, type Client, fundingBody, showBody, until } from './client.js';
import { useService } from './service.js';
import { unanswerRequest } from './unanswer-request.js';

type Accepted = { goal_id: string };

describe('a request with an Idempotency-Key', () => {
  const service = useService();
  let streamer: Client;
  let sessionId: string;

  beforeEach(async () => {
    streamer = service.client();
    sessionId = await streamer.openSession();
  });

  const ask = <Body = Accepted>(key: string, body: unknown, client = streamer, goalType = 'show_funding') =>
    client.post<Body>(`/goals?goal_type=${goalType}`, body, { 'idempotency-key': key });
  const askShow = (key: string, body: unknown) => ask(key, body, streamer, 'show');
  const refusal = (key: string, body: unknown, client?: Client) => ask<ProblemDetails>(key, body, client);
  const seen = ({ status, body, headers }: Answer<unknown>) => ({
    status,
    body,
    location: headers.get('location'),
  });
  const goals = () => service.documents('goal', { 'conditions.session_id': sessionId });
  const isStored = (goalId: string) => async () => (await goals()).some(({ _id }) => String(_id) === goalId);
  const setSession = (fields: object) =>
    service.mongo
      .collection('session')
      .updateOne({ _id: new service.mongo.base.mongo.ObjectId(sessionId) }, { $set: fields });

  const unanswer = (leaseMs: number) => unanswerRequest(service, streamer.userId, leaseMs);

  it('gets the same answer again, and makes one goal', async () => {
    const body = fundingBody(sessionId);
    const first = await ask('once', body);
    expect(first.status).toBe(202);
    await until(isStored(first.body.goal_id));
    const second = await ask('once', body);
    expect(seen(second)).toEqual(seen(first));
    expect(seen(second).location).toBe(`/goals/${first.body.goal_id}`);
    expect(second.headers.get('idempotency-replayed')).toBe('true');
    expect(await goals()).toHaveLength(1);
  });

  it('makes one goal of ten that come at once', async () => {
    const body = fundingBody(sessionId);
    const answers = await Promise.all(Array.from({ length: 10 }, () => ask('at-once', body)));
    const accepted = answers.filter(({ status }) => status === 202);
    expect(new Set(accepted.map(({ body: { goal_id } }) => goal_id)).size).toBe(1);
    for (const { status } of answers) expect([202, 409]).toContain(status);
    await until(isStored(accepted[0]!.body.goal_id));
    expect(await goals()).toHaveLength(1);
  });

  it('is refused with another body or another goal_type', async () => {
    const body = fundingBody(sessionId);
    await ask('reused', body);
    const other = await refusal('reused', { ...body, levels: [{ target: 7 }] });
    expect([other.status, other.body.code]).toEqual([422, 'idempotency_key_reused']);
    const otherType = await ask<ProblemDetails>('reused', body, streamer, 'show');
    expect([otherType.status, otherType.body.code]).toEqual([422, 'idempotency_key_reused']);
    expect((await ask('reused', body)).status).toBe(202);
  });

  it('has nothing to do with that of another user', async () => {
    const body = fundingBody(sessionId);
    const admins = [service.client(newId(), ['admin']), service.client(newId(), ['admin'])];
    const answers = await Promise.all([streamer, ...admins].map((client) => ask('mine', body, client)));
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202]);
    expect(new Set(answers.map(({ body: { goal_id } }) => goal_id)).size).toBe(3);
  });

  it('has nothing to do with that of a user whose id goes on with the start of the key', async () => {
    const body = fundingBody(sessionId);
    const first = await ask('b:c', body, service.client('a', ['service']));
    const second = await ask('c', body, service.client('a:b', ['service']));
    expect([first.status, second.status]).toEqual([202, 202]);
    expect(second.body.goal_id).not.toBe(first.body.goal_id);
  });

  it.each([
    ['no character', ''],
    ['256 characters', 'k'.repeat(256)],
    ['a space inside', 'a b'],
    ['a tab inside', 'a\tb'],
    ['a letter beyond ASCII', 'clé'],
  ])('is refused where the key has %s', async (_, key) => {
    const { status, body } = await refusal(key, fundingBody(sessionId));
    expect([status, body.code]).toEqual([422, 'validation_failed']);
    expect(body.errors?.map(({ pointer }) => pointer)).toEqual(['/Idempotency-Key']);
    expect(await goals()).toEqual([]);
  });

  it('may have a key of 255 visible characters', async () => {
    const key = `!~:*?[]{}"\\${'k'.repeat(255)}`.slice(0, 255);
    const body = fundingBody(sessionId);
    const first = await ask(key, body);
    expect(first.status).toBe(202);
    expect(seen(await ask(key, body))).toEqual(seen(first));
  });

  it('is 409 while the first one runs', async () => {
    const body = fundingBody(sessionId);
    await ask('running', body);
    await unanswer(60_000);
    const { status, headers, body: problem } = await refusal('running', body);
    expect([status, problem.code]).toEqual([409, 'request_in_flight']);
    expect(headers.get('retry-after')).toBe('1');
  });

  it('goes on under the same goal_id where the first one died before its goal was queued', async () => {
    await setSession({ active: false });
    const body = fundingBody(sessionId);
    expect((await ask('died', body)).status).toBe(409);
    await setSession({ active: true });
    const goalId = await unanswer(0);
    const resumed = await ask('died', body);
    expect(seen(resumed)).toEqual({ status: 202, body: { goal_id: goalId }, location: `/goals/${goalId}` });
    await until(isStored(goalId));
    expect(seen(await ask('died', body))).toEqual(seen(resumed));
    expect(await goals()).toHaveLength(1);
  });

  it('goes on under the same goal_id where the goal was queued, then stored and bound', async () => {
    const { sessionId: funded, fundingGoalId } = await streamer.openFundedSession();
    sessionId = funded;
    const body = showBody(sessionId, fundingGoalId);
    await service.stopWorker();
    try {
      const first = await askShow('queued', body);
      expect(first.status).toBe(202);
      expect(await unanswer(0)).toBe(first.body.goal_id);
      expect(seen(await askShow('queued', body))).toEqual(seen(first));

      await service.startWorker();
      const bound = async () => (await streamer.session(sessionId)).show_goal_pairs[0]?.show_goal;
      expect(await until(bound)).toBe(first.body.goal_id);
      await unanswer(0);
      expect(seen(await askShow('queued', body))).toEqual(seen(first));
      expect(await goals()).toHaveLength(2);
    } finally {
      if (!service.worker) await service.startWorker();
    }
  });

  it('gives the goal that the first one made, though its session has ended since', async () => {
    const body = fundingBody(sessionId);
    const first = await ask('ended', body);
    await until(isStored(first.body.goal_id));
    await unanswer(0);
    await setSession({ active: false });
    expect(seen(await ask('ended', body))).toEqual(seen(first));
    expect(await goals()).toHaveLength(1);
  });

  it('gets a 404 again, though what was missing is there by now', async () => {
    const missing = newId();
    const body = fundingBody(missing);
    const first = await refusal('unknown', body);
    expect([first.status, first.body.code]).toEqual([404, 'session_not_found']);
    const { ObjectId } = service.mongo.base.mongo;
    const session = { _id: new ObjectId(missing), user: new ObjectId(streamer.userId) };
    await service.mongo.collection('session').insertOne(session);
    expect(seen(await refusal('unknown', body))).toEqual(seen(first));
    expect((await ask('known', body)).status).toBe(202);
  });

  it('gets a 409 again, with all that it said', async () => {
    const { sessionId: funded, fundingGoalId } = await streamer.openFundedSession();
    const body = showBody(funded, fundingGoalId);
    const standing = await streamer.createGoal('show', body);
    await until(async () => (await streamer.session(funded)).show_goal_pairs[0]?.show_goal);
    const first = await ask<ProblemDetails>('taken', body, streamer, 'show');
    expect(first).toMatchObject({ status: 409, body: { code: 'already_bound', goal_id: standing } });
    const { ObjectId } = service.mongo.base.mongo;
    await service.mongo
      .collection('session')
      .updateOne({ _id: new ObjectId(funded) }, { $set: { 'show_goal_pairs.0.show_goal': null } });
    const second = await ask<ProblemDetails>('taken', body, streamer, 'show');
    expect(seen(second)).toEqual(seen(first));
    expect(second.headers.get('content-type')).toMatch('application/problem+json');
    expect(second.headers.get('idempotency-replayed')).toBe('true');
  });

  it('is decided again if it had to wait for a pair, and makes one goal', async () => {
    const { sessionId: funded, fundingGoalId } = await streamer.openFundedSession();
    sessionId = funded;
    const { show_goal_pairs } = (
      await service.documents('session', {
        show_goal_pairs: { $elemMatch: { funding_goal: toObjectId(fundingGoalId) } },
      })
    )[0]!;
    await setSession({ show_goal_pairs: [] });
    const body = showBody(sessionId, fundingGoalId);
    for (let time = 1; time <= 2; time++) {
      const waiting = await ask<ProblemDetails>('unpaired', body, streamer, 'show');
      expect([waiting.status, waiting.body.code]).toEqual([409, 'pair_not_bound']);
      expect(waiting.headers.get('idempotency-replayed')).toBeNull();
    }
    await setSession({ show_goal_pairs });
    const other = await ask<ProblemDetails>(
      'unpaired',
      { ...body, levels: [{ target: 7 }] },
      streamer,
      'show',
    );
    expect([other.status, other.body.code]).toEqual([422, 'idempotency_key_reused']);

    const accepted = await askShow('unpaired', body);
    expect(accepted.status).toBe(202);
    expect(seen(await askShow('unpaired', body))).toEqual(seen(accepted));
    await until(isStored(accepted.body.goal_id));
    expect(await goals()).toHaveLength(2);
  });

  it('is decided again if it had to wait for a goal that it names', async () => {
    await service.stopWorker();
    try {
      const fundingGoalId = await streamer.createGoal('show_funding', fundingBody(sessionId));
      const body = showBody(sessionId, fundingGoalId);
      const waiting = await ask<ProblemDetails>('pending', body, streamer, 'show');
      expect([waiting.status, waiting.body.code]).toEqual([409, 'goal_pending']);
      await service.startWorker();
      await until(async () => (await streamer.session(sessionId)).show_goal_pairs.length === 1);
      expect((await askShow('pending', body)).status).toBe(202);
    } finally {
      if (!service.worker) await service.startWorker();
    }
  });

  it('is decided again where another goal was being created there', async () => {
    const { sessionId: funded, fundingGoalId } = await streamer.openFundedSession();
    const body = showBody(funded, fundingGoalId);
    await service.stopWorker();
    try {
      const first = await streamer.createGoal('show', body);
      const racing = await ask<ProblemDetails>('racing', body, streamer, 'show');
      expect(racing).toMatchObject({ status: 409, body: { code: 'create_in_flight', goal_id: first } });
      await service.startWorker();
      await until(async () => (await streamer.session(funded)).show_goal_pairs[0]?.show_goal);
      const bound = await ask<ProblemDetails>('racing', body, streamer, 'show');
      expect(bound).toMatchObject({ status: 409, body: { code: 'already_bound', goal_id: first } });
    } finally {
      if (!service.worker) await service.startWorker();
    }
  });

  it('may be mended under its key where it was not understood', async () => {
    const body = fundingBody(sessionId);
    expect((await refusal('mended', { ...body, levels: [] })).status).toBe(422);
    expect((await ask<ProblemDetails>('mended', body, streamer, 'dance')).status).toBe(400);
    expect((await ask('mended', body)).status).toBe(202);
  });
});
