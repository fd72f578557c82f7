import { newId, toObjectId } from '#platform';
import { fundingBody, showBody, timedBody, until } from './client.js';
import { runOperation } from './process.js';
import { useService } from './service.js';

interface Line {
  audit_id: string;
  at: string;
  actor: { user_id: string; roles: string[] };
  act: string;
  target: Record<string, string>;
  before: Record<string, unknown> | null;
  after: Record<string, unknown> | null;
  request_id: string | null;
}
interface Page {
  items: Line[];
  next_cursor: string | null;
}

describe('the audit log', () => {
  const service = useService();
  const streamer = service.client();
  const platform = service.client(undefined, ['service']);
  const admin = service.client(undefined, ['admin']);
  const byStreamer = { user_id: streamer.userId, roles: ['streamer'] };
  const byPlatform = { user_id: platform.userId, roles: ['service'] };

  const log = async (query: Record<string, string>) => {
    const { status, body } = await admin.get<Page>(`/audit?${new URLSearchParams(query).toString()}`);
    expect(status).toBe(200);
    return body.items;
  };
  /** What of a line does not differ from run to run. */
  const said = ({ act, actor, target, before, after }: Line) => ({ act, actor, target, before, after });

  it('has one line for each grant, ban and its taking back', async () => {
    const { sessionId: session_id, fundingGoalId: goal_id } = await streamer.openFundedSession();
    const user_id = newId();
    const path = `/goals/${goal_id}/access/${user_id}`;
    const headers = { 'x-request-id': 'audited-ban' };
    await streamer.send('PUT', path, { allowed: true });
    await platform.send('PUT', path, { allowed: false, reason: 'spam' }, headers);
    await streamer.send('DELETE', path);
    await streamer.send('DELETE', path);
    const lines = await log({ goal_id });
    const target = { goal_id, session_id, user_id };
    const neither = { allowed: null, reason: null };
    expect(lines.map(said)).toEqual([
      {
        act: 'take_back_access',
        actor: byStreamer,
        target,
        before: { allowed: false },
        after: neither,
      },
      {
        act: 'ban_access',
        actor: byPlatform,
        target,
        before: { allowed: true },
        after: { allowed: false, reason: 'spam' },
      },
      {
        act: 'grant_access',
        actor: byStreamer,
        target,
        before: { allowed: null },
        after: { allowed: true, reason: null },
      },
    ]);
    expect(lines[1]?.request_id).toBe('audited-ban');
    expect(lines.map(({ at }) => at)).toEqual(
      lines
        .map(({ at }) => at)
        .toSorted()
        .toReversed(),
    );
  });

  it('has one line for two decisions that race to be the first', async () => {
    const { fundingGoalId: goal_id } = await streamer.openFundedSession();
    const path = `/goals/${goal_id}/access/${newId()}`;
    const answers = await Promise.all(
      Array.from({ length: 3 }, (_, index) => streamer.send('PUT', path, { allowed: index % 2 === 0 })),
    );
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    const rule = await service.documents('access_rule', { goal_id: toObjectId(goal_id) });
    const lines = await log({ goal_id });
    expect(lines).toHaveLength(rule[0]!.revision as number);
    // Each line begins where the one before it ended.
    expect(lines.slice(0, -1).map(({ before }) => before?.allowed)).toEqual(
      lines.slice(1).map(({ after }) => after?.allowed),
    );
  });

  it('has an edit with the fields that it changed', async () => {
    const { sessionId: session_id, fundingGoalId: goal_id } = await streamer.openFundedSession();
    const before = await streamer.goal(goal_id);
    const exp = new Date(Date.parse(before.exp!) + 60_000).toISOString();
    const edit = { exp };
    await streamer.send('PATCH', `/goals/${goal_id}`, edit, { 'if-match': '*' });
    await streamer.send('PATCH', `/goals/${goal_id}`, edit, { 'if-match': '*' });
    expect((await log({ goal_id })).map(said)).toEqual([
      {
        act: 'edit_goal',
        actor: byStreamer,
        target: { goal_id, session_id },
        before: { exp: before.exp },
        after: { exp },
      },
    ]);
  });

  it('has a void once, also one that came before its payment, and the settlement', async () => {
    const { sessionId: session_id, fundingGoalId: goal_id } = await streamer.openFundedSession();
    const path = `/goals/${goal_id}/contributions`;
    await platform.post(path, { source_id: 'paid', user_id: newId(), amount: 7 });
    const voidOf = (source_id: string, body?: object) => platform.post(`${path}/${source_id}/void`, body);
    await Promise.all([1, 2, 3].map(() => voidOf('paid', { reason: 'charged back' })));
    await voidOf('never paid');
    await voidOf('never paid');
    await streamer.send('DELETE', `/goals/${goal_id}`);
    await until(async () => (await streamer.goal(goal_id)).settled_at !== null);
    const lines = await log({ goal_id });
    const target = { goal_id, session_id };
    const voided_at = expect.any(String) as string;
    expect(lines.map(said)).toEqual([
      {
        act: 'settle_goal',
        actor: { user_id: 'system', roles: [] },
        target,
        before: { outcome: 'open' },
        after: { outcome: 'void', void_reason: 'cancelled', tickets: 0, total: 0 },
      },
      {
        act: 'cancel_goal',
        actor: byStreamer,
        target,
        before: { status: 'active' },
        after: { status: 'cancelled' },
      },
      {
        act: 'void_contribution',
        actor: byPlatform,
        target: { ...target, source_id: 'never paid' },
        before: null,
        after: { amount: 0, voided_at, void_reason: null },
      },
      {
        act: 'void_contribution',
        actor: byPlatform,
        target: { ...target, source_id: 'paid' },
        before: { amount: 7, voided_at: null },
        after: { amount: 7, voided_at, void_reason: 'charged back' },
      },
    ]);
  });

  it('has the end of a session once, whoever asks again, and no line for what ended with it', async () => {
    const { sessionId: session_id, fundingGoalId } = await streamer.openFundedSession();
    await Promise.all([streamer, platform, streamer].map((one) => one.post(`/sessions/${session_id}/end`)));
    await until(async () => (await streamer.goal(fundingGoalId)).status === 'cancelled');
    const [line, ...others] = await log({ session_id, act: 'end_session' });
    expect(others).toEqual([]);
    expect(line).toMatchObject({
      target: { session_id },
      before: { active: true },
      after: { active: false },
    });
    expect(await log({ goal_id: fundingGoalId, act: 'cancel_goal' })).toEqual([]);
  });

  it('has the finish of a show with whether it was delivered', async () => {
    const { sessionId: session_id, fundingGoalId } = await streamer.openFundedSession();
    const { unit: _coins, ...body } = showBody(session_id, fundingGoalId);
    const goal_id = await streamer.createGoal('show', body);
    await until(async () => (await streamer.goal(goal_id)).status === 'active');
    for (let again = 0; again < 2; again++)
      await platform.post(`/goals/${goal_id}/finish`, { delivered: true });
    expect((await log({ goal_id })).map(said)).toEqual([
      {
        act: 'finish_show',
        actor: byPlatform,
        target: { goal_id, session_id },
        before: { status: 'active' },
        after: { status: 'expired', delivered: true },
      },
    ]);
  });

  it('is told by a worker who cancelled a goal whose api died after it had queued that', async () => {
    const sessionId = await streamer.openSession();
    const goal_id = await streamer.createGoal('karaoke', timedBody(sessionId));
    await until(async () => (await streamer.goal(goal_id)).status === 'active');
    const actor = { user_id: newId(), roles: ['service'] };
    await service.queues
      .of('lifecycle')
      .add(
        'lifecycle',
        { goal_id, step: 'cancel', reason: 'cancelled', actor },
        { jobId: `${goal_id}.cancel` },
      );
    await until(async () => (await streamer.goal(goal_id)).status === 'cancelled');
    await streamer.send('DELETE', `/goals/${goal_id}`);
    expect((await log({ goal_id })).map(said)).toEqual([
      {
        act: 'cancel_goal',
        actor,
        target: { goal_id, session_id: sessionId },
        before: { status: 'active' },
        after: { status: 'cancelled' },
      },
    ]);
  });

  it('has neither line nor act if the line cannot be stored', async () => {
    const sessionId = await streamer.openSession();
    const goal_id = await streamer.createGoal('karaoke', timedBody(sessionId));
    await until(async () => (await streamer.goal(goal_id)).status === 'active');
    const { db } = service.mongo;
    await db!.command({ collMod: 'audit_log', validator: { 'target.session_id': { $ne: sessionId } } });
    try {
      const { status } = await streamer.post(`/sessions/${sessionId}/end`);
      expect(status).toBe(500);
      expect((await streamer.session(sessionId)).active).toBe(true);
    } finally {
      await db!.command({ collMod: 'audit_log', validator: {} });
    }
    expect((await streamer.post(`/sessions/${sessionId}/end`)).status).toBe(200);
    expect(await log({ session_id: sessionId, act: 'end_session' })).toHaveLength(1);
  });

  it('is read page by page, newest first, by actor, act, goal and session', async () => {
    const { sessionId, fundingGoalId } = await streamer.openFundedSession();
    const own = service.client(undefined, ['service']);
    for (let index = 0; index < 5; index++)
      await own.send('PUT', `/goals/${fundingGoalId}/access/${newId()}`, { allowed: index % 2 === 0 });
    const read = async (query: string) => {
      const items: Line[] = [];
      for (let cursor: string | null = ''; cursor !== null;) {
        const page: { body: Page } = await admin.get<Page>(
          `/audit?limit=2&${query}${cursor && `&cursor=${cursor}`}`,
        );
        expect(page.body.items.length).toBeLessThanOrEqual(2);
        items.push(...page.body.items);
        cursor = page.body.next_cursor;
      }
      return items;
    };
    const all = await read(`actor=${own.userId}`);
    expect(all).toHaveLength(5);
    expect(new Set(all.map(({ audit_id }) => audit_id)).size).toBe(5);
    for (const query of [`goal_id=${fundingGoalId}`, `session_id=${sessionId}`])
      expect(await read(query)).toEqual(all);
    expect(await read(`actor=${own.userId}&act=ban_access`)).toEqual(
      all.filter(({ act }) => act === 'ban_access'),
    );
    expect(await read(`actor=${newId()}`)).toEqual([]);
    expect((await read('')).length).toBeGreaterThan(5);
  });

  it('is for admins alone, and refuses filters that mean nothing', async () => {
    expect((await platform.get('/audit')).status).toBe(403);
    for (const query of ['act=dance', 'goal_id=1', 'session_id=', 'actor=', 'cursor=x', 'what=1'])
      expect([query, (await admin.get(`/audit?${query}`)).status]).toEqual([query, 422]);
  });

  it('shows an act of another release', async () => {
    const user_id = newId();
    const line = { at: new Date(), actor: { user_id, roles: [] }, act: 'dance', target: {}, before: null };
    await service.mongo.collection('audit_log').insertOne({ ...line, after: null, request_id: null });
    expect((await log({ actor: user_id })).map(said)).toMatchObject([{ act: 'dance' }]);
  });
});

describe('the audit log of replays', () => {
  const service = useService({ DELIVERY_ATTEMPTS: '1' });
  const streamer = service.client();
  const admin = service.client(undefined, ['admin']);

  /** A goal whose job is dead, and the id of its dead letter. */
  const dead = async () => {
    const sessionId = await streamer.openSession();
    const sessions = service.mongo.collection('session');
    await service.stopWorker();
    const goalId = await streamer.createGoal('show_funding', fundingBody(sessionId));
    const session = await sessions.findOneAndDelete({ _id: toObjectId(sessionId) });
    await service.startWorker();
    await until(async () => (await streamer.goal(goalId)).status === 'failed');
    await sessions.insertOne(session!);
    const { lines } = await runOperation(service, 'dead');
    const letters = lines.slice(0, -1).map((line) => JSON.parse(line) as { id: string });
    return { goalId, letters };
  };
  const replays = async () => (await admin.get<Page>('/audit?act=replay_job')).body.items;

  it('says who replayed what: the command line, or an admin on the queue board', async () => {
    const first = await dead();
    expect((await runOperation(service, 'replay', 'deliveries/none', first.letters[0]!.id)).code).toBe(1);
    expect(await replays()).toMatchObject([
      {
        actor: { user_id: 'cli', roles: [] },
        target: { job_id: first.letters[0]!.id },
        before: { error: expect.any(String) as string, tries: 1 },
        after: null,
      },
    ]);
    const second = await dead();
    const [queue, job] = second.letters[0]!.id.split('/');
    const path = `/admin/queues/api/queues/${queue}/${job}/retry`;
    expect((await admin.send('PUT', path)).status).toBe(204);
    expect((await replays())[0]).toMatchObject({
      actor: { user_id: admin.userId, roles: ['admin'] },
      target: { job_id: second.letters[0]!.id },
    });
    expect((await admin.send('PUT', path)).status).toBe(404);
    expect(await replays()).toHaveLength(2);
  }, 60_000);
});
