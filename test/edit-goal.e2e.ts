import type { Goal, ProblemDetails } from '#contracts';
import { newId, toObjectId } from '#platform';
import { type Client, fundingBody, timedBody, until } from './client.js';
import { useService } from './service.js';

describe('PATCH /goals/{goal_id}', () => {
  const service = useService({ SWEEP_INTERVAL_MS: '300', MAX_EXTENSION_SECONDS: '7200' });
  const platform = service.client(undefined, ['service']);
  let streamer: Client;
  let sessionId: string;
  let goal: Goal;

  beforeEach(async () => {
    streamer = service.client();
    sessionId = await streamer.openSession();
    goal = await open(fundingBody(sessionId));
  });

  const open = async (body: object): Promise<Goal> => {
    const goalId = await streamer.createGoal('show_funding', body);
    return until(async () => {
      const stored = await streamer.goal(goalId);
      return stored.status === 'active' && stored;
    });
  };
  const patch = <Body = Goal>(edit: unknown, version: number | string = goal.version, client = streamer) =>
    client.send<Body>('PATCH', `/goals/${goal.goal_id}`, edit, {
      'if-match': typeof version === 'number' ? `"${version}"` : version,
    });
  const refused = async (edit: unknown, version?: number | string) => {
    const { status, body } = await patch<ProblemDetails>(edit, version);
    return [status, body.code, ...(body.errors ?? []).map(({ pointer }) => pointer)];
  };
  const laterBy = (seconds: number) => new Date(Date.parse(goal.exp!) + seconds * 1000).toISOString();
  const give = (amount: number) =>
    platform.post(`/goals/${goal.goal_id}/contributions`, { source_id: newId(), user_id: newId(), amount });
  type Push = Goal & { event_id: string; changes?: string[]; scheduled_for?: string };
  /** What screens were sent of this name, waited for. */
  const pushed = (event: string): Promise<Push[]> =>
    until(async () => {
      const lines = await service.redis.lrange(`${service.prefix}:realtime:recorded`, 0, -1);
      const found = lines
        .map((line) => JSON.parse(line) as { name: string; data: string })
        .filter(({ name, data }) => name === event && data.includes(goal.goal_id))
        .map(({ data }) => JSON.parse(data) as Push);
      return found.length > 0 && found;
    });

  it('moves the end of an open goal and changes its levels, and tells so', async () => {
    const levels = [{ title: 'fifty tickets' }, { title: 'all of it', target: 300 }];
    const { status, body } = await patch({ exp: laterBy(60), levels });
    expect([status, body]).toEqual([
      200,
      {
        ...goal,
        exp: laterBy(60),
        levels: [
          { title: 'fifty tickets', target: 50 },
          { title: 'all of it', target: 300 },
        ],
        version: goal.version + 1,
      },
    ]);
    expect(await streamer.goal(goal.goal_id)).toEqual(body);
    const [update] = await pushed('goal.updated');
    expect(update).toMatchObject({ ...body, changes: ['exp', 'levels'] });
  });

  it('needs the version of the goal, and stores one of two edits of the same version', async () => {
    const path = `/goals/${goal.goal_id}`;
    const without = await streamer.send<ProblemDetails>('PATCH', path, { exp: laterBy(60) });
    expect([without.status, without.body.code]).toEqual([428, 'precondition_required']);
    for (const stale of [goal.version + 1, String(goal.version), `W/"${goal.version}"`, '"x"'])
      expect(await refused({ exp: laterBy(60) }, stale)).toEqual([412, 'version_mismatch']);
    const both = await Promise.all([1, 2].map((seconds) => patch({ exp: laterBy(seconds) })));
    expect(new Set(both.map(({ status }) => status))).toEqual(new Set([200, 412]));
    expect((await streamer.goal(goal.goal_id)).version).toBe(goal.version + 1);
    expect((await patch({ exp: laterBy(60) }, '*')).status).toBe(200);
    const listed = `"${goal.version}", "${goal.version + 2}"`;
    expect((await patch({ exp: laterBy(70) }, listed)).status).toBe(200);
  });

  it('extends a goal by the limit in all, and never shortens it', async () => {
    expect(await refused({ exp: laterBy(-1) })).toEqual([422, 'validation_failed', '/exp']);
    expect(await refused({ exp: laterBy(7201) })).toEqual([422, 'validation_failed', '/exp']);
    expect((await patch({ exp: laterBy(7000) })).status).toBe(200);
    expect(await refused({ exp: laterBy(7201) }, '*')).toEqual([422, 'validation_failed', '/exp']);
    expect((await patch({ exp: laterBy(7200) }, '*')).status).toBe(200);
  });

  it('keeps the targets of levels that were reached or paid for, never their titles', async () => {
    await give(60);
    expect(await refused({ levels: [{ target: 40 }, {}] }, '*')).toEqual([409, 'target_fixed']);
    expect(await refused({ levels: [{}, { target: 400 }] }, '*')).toEqual([409, 'target_fixed']);
    const { status, body } = await patch({ levels: [{ title: 'done' }, { target: 200 }] }, '*');
    expect([status, body.levels]).toEqual([200, [{ title: 'done', target: 50 }, { target: 200 }]]);
  });

  it.each([
    ['fewer levels', { levels: [{ title: 'one' }] }, ['/levels']],
    ['targets that fall', { levels: [{ target: 500 }, {}] }, ['/levels/1/target']],
    ['no level', { levels: [] }, ['/levels']],
    ['a target that is none', { levels: [{ target: 0 }, {}] }, ['/levels/0/target']],
    ['an end that is none', { exp: 'tomorrow' }, ['/exp']],
    ['an unknown field', { nbf: 5 }, ['/nbf']],
  ])('refuses %s', async (_, edit, pointers) => {
    expect(await refused(edit)).toEqual([422, 'validation_failed', ...pointers]);
    expect(await streamer.goal(goal.goal_id)).toEqual(goal);
  });

  it('changes nothing and tells nothing if all is as it was', async () => {
    for (const edit of [{}, { exp: goal.exp }, { levels: goal.levels }])
      expect(await patch(edit)).toMatchObject({ status: 200, body: goal });
    expect(await streamer.goal(goal.goal_id)).toEqual(goal);
  });

  it('is for who manages the session, and for goals that are not over', async () => {
    expect((await patch({}, '*', service.client())).status).toBe(403);
    for (const role of ['service', 'admin'])
      expect((await patch({}, '*', service.client(undefined, [role]))).status).toBe(200);
    await give(250);
    expect((await streamer.goal(goal.goal_id)).status).toBe('completed');
    expect((await patch({ exp: laterBy(60) }, '*')).status).toBe(200);
    await service.mongo
      .collection('goal')
      .updateOne({ _id: toObjectId(goal.goal_id) }, { $set: { status: 'cancelled', ended_at: new Date() } });
    expect(await refused({ exp: laterBy(90) }, '*')).toEqual([409, 'goal_over']);
  });

  it('is followed by the timers: the old one closes nothing, the new one does', async () => {
    const soon = new Date(Date.now() + 6000);
    goal = await open(timedBody(sessionId, {}, { exp: soon.toISOString() }));
    const { body } = await patch({ exp: new Date(soon.getTime() + 1500).toISOString() });
    expect(Date.parse(body.exp!) - soon.getTime()).toBe(1500);
    const expired = await until(async () => {
      const stored = await streamer.goal(goal.goal_id);
      return stored.status === 'expired' && stored;
    });
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(body.exp!));
    expect(expired.exp).toBe(body.exp);
    const ends = await pushed('goal.expired');
    // A timer and a sweep may both tell of it, by the same event_id.
    expect(new Set(ends.map(({ event_id }) => event_id)).size).toBe(1);
    expect(ends[0]?.scheduled_for).toBe(body.exp);
  });

  it('is followed by the timers though Redis came back empty', async () => {
    const soon = new Date(Date.now() + 6000);
    goal = await open(timedBody(sessionId, {}, { exp: soon.toISOString() }));
    const { body } = await patch({ exp: new Date(soon.getTime() + 1000).toISOString() });
    await service.forget((await service.keys()).filter((key) => /:(lifecycle|funding|due):/.test(key)));
    await until(async () => (await streamer.goal(goal.goal_id)).status === 'expired');
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(body.exp!));
    const edits = (await pushed('goal.updated')).filter(({ changes }) => String(changes) === 'exp');
    expect(edits).toHaveLength(1);
  });
});
