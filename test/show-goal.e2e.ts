import type { Goal } from '#contracts';
import { newId } from '#platform';
import { fundingBody, showBody, until } from './client.js';
import { useService } from './service.js';

interface Recorded {
  items: { channel: string; name: string; data: string }[];
}

describe('a show goal, from the request to the last screen', () => {
  const service = useService();
  const streamer = service.client();

  it('is accepted, bound to its funding goal and its session, fed, pushed and tracked, each once', async () => {
    const { sessionId, fundingGoalId } = await streamer.openFundedSession();
    const accepted = await streamer.post<{ goal_id: string }>(
      '/goals?goal_type=show',
      showBody(sessionId, fundingGoalId),
    );
    expect(accepted.status).toBe(202);
    const { goal_id: goalId } = accepted.body;
    expect(accepted.headers.get('location')).toBe(`/goals/${goalId}`);

    await until(async () => (await streamer.session(sessionId)).show_goal_pairs[0]?.show_goal);
    expect((await streamer.session(sessionId)).show_goal_pairs).toEqual([
      { funding_goal: fundingGoalId, show_goal: goalId },
    ]);
    await until(async () => (await streamer.goal(fundingGoalId)).context.show_goal_id === goalId);

    const goal = await until(async () => {
      const seen = await streamer.goal(goalId);
      return seen.status === 'active' && seen;
    });
    expect(goal).toMatchObject({
      goal_id: goalId,
      goal_type: 'show',
      _cls: 'ShowGoal',
      active: true,
      version: 0,
      level: 0,
      progress: 0,
      unit: 'coins',
      levels: [{ title: 'first song', target: 600 }, { target: 1800 }],
      conditions: { session_id: sessionId },
      context: { type: 'show', funding_goal_id: fundingGoalId, session_id: sessionId },
      metadata: { user_id: streamer.userId },
    });

    const tracked = await until(async () => {
      const found = await service.documents('analytics_event', { goal_id: goalId });
      return found.length > 0 && found;
    });
    expect(tracked).toHaveLength(1);
    expect(tracked[0]).toMatchObject({ event: 'goal.created', user_id: streamer.userId });

    const entries = await until(async () => {
      const { body } = await streamer.get<{ items: { goal_id: string }[] }>(`/sessions/${sessionId}/feed`);
      const found = body.items.filter((item) => item.goal_id === goalId);
      return found.length > 0 && found;
    });
    expect(entries).toEqual([
      expect.objectContaining({
        type: 'goal.added',
        goal_type: 'show',
        _cls: 'ShowGoal',
        session_id: sessionId,
        streamer_id: streamer.userId,
      }),
    ]);

    const admin = service.client(undefined, ['admin']);
    const pushed = await until(async () => {
      const { body } = await admin.get<Recorded>('/dev/realtime');
      const found = body.items.filter(
        ({ data, name }) => data.includes(`"goal_id":"${goalId}"`) || name === 'stream.authorized',
      );
      return found.length === 2 && found;
    });
    expect(pushed.map(({ channel, name }) => `${name} ${channel}`).toSorted()).toEqual([
      `goal.added private-stream@${streamer.userId}`,
      `stream.authorized presence-enc-stream-viewer@${streamer.userId}.sd.${streamer.userId}`,
    ]);
    const authorized = pushed.find(({ name }) => name === 'stream.authorized');
    expect(Object.keys(JSON.parse(authorized!.data) as object).toSorted()).toEqual(['ciphertext', 'nonce']);
  });

  it('is pending from the answer on, while no worker runs, and is created once one does', async () => {
    const { sessionId, fundingGoalId } = await streamer.openFundedSession();
    await service.stopWorker();
    try {
      const goalId = await streamer.createGoal('show', showBody(sessionId, fundingGoalId));
      const pending = await streamer.get<Goal>(`/goals/${goalId}`);
      expect(pending.status).toBe(200);
      expect(pending.body).toMatchObject({ goal_id: goalId, status: 'pending', goal_type: 'show' });
      await service.startWorker();
      await until(async () => (await streamer.session(sessionId)).show_goal_pairs[0]?.show_goal === goalId);
      expect((await streamer.goal(goalId)).status).toBe('active');
    } finally {
      if (!service.worker) await service.startWorker();
    }
  });

  it('drops the cached channel data of the streamer', async () => {
    const someone = service.client();
    const { sessionId, fundingGoalId } = await someone.openFundedSession();
    const key = `${service.prefix}:channel-data:${someone.userId}`;
    await until(
      async () =>
        (await someone.get<{ items: unknown[] }>(`/sessions/${sessionId}/feed`)).body.items.length === 1,
    );
    await service.redis.set(key, 'stale');
    await someone.createGoal('show', showBody(sessionId, fundingGoalId));
    await until(async () => (await service.redis.exists(key)) === 0);
  });

  it('lists the goals of a session oldest first, page by page', async () => {
    const sessionId = await streamer.openSession();
    const made: string[] = [];
    for (let count = 0; count < 3; count++) {
      const goalId = await streamer.createGoal('show_funding', fundingBody(sessionId));
      made.push(goalId);
      await until(async () => (await streamer.goal(goalId)).status !== 'pending');
    }
    type Page = { items: Goal[]; next_cursor: string | null };
    const first = (await streamer.get<Page>(`/sessions/${sessionId}/goals?limit=2`)).body;
    const second = (
      await streamer.get<Page>(`/sessions/${sessionId}/goals?limit=2&cursor=${first.next_cursor}`)
    ).body;
    expect([...first.items, ...second.items].map(({ goal_id }) => goal_id)).toEqual(made);
    expect(second.next_cursor).toBeNull();
  });
});

describe('a client that missed something', () => {
  const service = useService();
  const streamer = service.client();

  it('gets the goals of the session anew by their ETag, and 304 while nothing has changed', async () => {
    const sessionId = await streamer.openSession();
    const goalId = await streamer.createGoal('show_funding', fundingBody(sessionId));
    await until(async () => (await streamer.goal(goalId)).status === 'active');
    const path = `/sessions/${sessionId}/goals`;
    const first = await streamer.get<{ items: Goal[] }>(path);
    const etag = first.headers.get('etag') ?? '';
    expect(etag).toMatch(/^"[\w-]+"$/);
    for (const header of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const same = await streamer.get(path, { 'if-none-match': header });
      expect(same).toMatchObject({ status: 304, body: undefined });
      expect(same.headers.get('etag')).toBe(etag);
    }
    const gift = { source_id: 'a', user_id: newId(), amount: 7 };
    await service.client(undefined, ['service']).post(`/goals/${goalId}/contributions`, gift);
    const changed = await streamer.get<{ items: Goal[] }>(path, { 'if-none-match': etag });
    expect(changed.status).toBe(200);
    expect(changed.body.items[0]).toMatchObject({ goal_id: goalId, progress: 7 });
    expect(changed.body.items[0]!.version).toBeGreaterThan(first.body.items[0]!.version);
    expect(changed.headers.get('etag')).not.toBe(etag);
  });
});
