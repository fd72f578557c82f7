import { newId } from '#platform';
import { type Client, showBody, timedBody, until } from './client.js';
import { TestService } from './service.js';

interface Page<Item> {
  items: Item[];
  next_cursor: string | null;
}

interface Told {
  name: string;
  data: {
    goal_id: string;
    version: number;
    progress: number;
    level: number;
    level_reached?: number;
    event_id: string;
  };
}

describe('contributions', () => {
  let service: TestService;
  let streamer: Client;
  let platform: Client;
  let goalId: string;
  let sessionId: string;

  beforeAll(async () => {
    service = await TestService.start();
    streamer = service.client();
    platform = service.client(undefined, ['service']);
  });
  afterAll(() => service.stop());

  const open = async (targets: number[], window: object = {}) => {
    sessionId = await streamer.openSession();
    const levels = targets.map((target) => ({ target }));
    goalId = await streamer.createGoal('show_funding', { ...timedBody(sessionId, {}, window), levels });
    await until(async () => (await streamer.goal(goalId)).status !== 'pending');
  };
  const active = () => until(async () => (await streamer.goal(goalId)).status === 'active');
  const give = (source_id: string, amount: number, user_id = newId()) =>
    platform.post(`/goals/${goalId}/contributions`, { source_id, user_id, amount });
  const told = async (): Promise<Told[]> => {
    const lines = await service.redis.lrange(`${service.prefix}:realtime:recorded`, 0, -1);
    return lines
      .toReversed()
      .map((line) => JSON.parse(line) as { name: string; data: string })
      .filter(({ data }) => data.includes(goalId))
      .map(({ name, data }) => ({ name, data: JSON.parse(data) as Told['data'] }));
  };
  const tracked = (event: string) => service.documents('analytics_event', { goal_id: goalId, event });

  it('are counted once by their source, and answered with the progress', async () => {
    await open([10, 100]);
    await active();
    expect(await give('a', 6)).toMatchObject({
      status: 201,
      body: { goal_id: goalId, progress: 6, level: 0 },
    });
    expect(await give('b', 5)).toMatchObject({
      status: 201,
      body: { goal_id: goalId, progress: 11, level: 1 },
    });
    expect(await give('a', 6)).toMatchObject({
      status: 200,
      body: { goal_id: goalId, progress: 11, level: 1 },
    });
    expect(await streamer.goal(goalId)).toMatchObject({
      progress: 11,
      level: 1,
      unit: 'tickets',
      status: 'active',
    });
    const stored = await service.documents('goal_contribution', { source_id: { $in: ['a', 'b'] } });
    expect(stored.map(({ source_id, amount }) => ({ source_id, amount }))).toEqual([
      { source_id: 'a', amount: 6 },
      { source_id: 'b', amount: 5 },
    ]);
  });

  it('tell each level once and in order, also when one crosses several, and the end once', async () => {
    await open([10, 20, 30, 40]);
    await active();
    await give('a', 25);
    await until(async () => (await told()).some(({ name }) => name === 'goal.progressed'));
    await give('b', 100);
    await until(async () => (await told()).some(({ name }) => name === 'goal.completed'));
    const news = (await told()).filter(({ name }) => name !== 'goal.added' && name !== 'goal.activated');
    expect(news.map(({ name, data }) => [name, data.level_reached ?? data.progress])).toEqual([
      ['goal.level_reached', 1],
      ['goal.level_reached', 2],
      ['goal.progressed', 25],
      ['goal.level_reached', 3],
      ['goal.level_reached', 4],
      ['goal.progressed', 125],
      ['goal.completed', 125],
    ]);
    const versions = news.map(({ data }) => data.version);
    expect(versions).toEqual(versions.toSorted((a, b) => a - b));
    expect(new Set(news.map(({ data }) => data.event_id)).size).toBe(news.length);
    expect(await streamer.goal(goalId)).toMatchObject({
      status: 'completed',
      active: false,
      progress: 125,
      level: 4,
    });
    expect(await give('c', 1)).toMatchObject({ status: 409, body: { code: 'goal_not_active' } });
    await until(async () => (await tracked('goal.completed')).length);
    expect(await tracked('goal.level_reached')).toHaveLength(4);
    expect(await tracked('goal.completed')).toHaveLength(1);
    expect(await tracked('goal.expired')).toHaveLength(0);
  });

  it('are added up under concurrency, every third sent twice, and told four times a second at most', async () => {
    await open([100, 10_000]);
    await active();
    const begin = Date.now();
    const gifts = Array.from({ length: 300 }, (_, index) => ({
      source: `s-${index}`,
      amount: (index % 7) + 1,
    }));
    const twice = [...gifts, ...gifts.filter((_, index) => index % 3 === 0)];
    const users = Array.from({ length: 20 }, () => newId());
    let next = 0;
    const answers: number[] = [];
    await Promise.all(
      Array.from({ length: 50 }, async () => {
        for (let gift = twice[next++]; gift; gift = twice[next++])
          answers.push((await give(gift.source, gift.amount, users[gift.amount])).status);
      }),
    );
    const sum = gifts.reduce((total, { amount }) => total + amount, 0);
    expect((await streamer.goal(goalId)).progress).toBe(sum);
    expect(answers.filter((status) => status === 201)).toHaveLength(gifts.length);
    expect(answers.filter((status) => status === 200)).toHaveLength(twice.length - gifts.length);
    await until(async () => (await told()).some(({ data }) => data.progress === sum));
    const progressed = (await told()).filter(({ name }) => name === 'goal.progressed');
    expect(progressed.length).toBeLessThanOrEqual(Math.ceil((Date.now() - begin) / 250) + 1);
    expect((await told()).filter(({ name }) => name === 'goal.level_reached')).toHaveLength(1);
  });

  it('are refused outside the window, on goals that are not active, pending or unknown, and change nothing', async () => {
    await open([10], { nbf: new Date(Date.now() + 3_600_000).toISOString(), exp: '2099-01-01T00:00:00Z' });
    expect(await give('a', 1)).toMatchObject({ status: 409, body: { code: 'goal_not_active' } });
    await open([10]);
    await active();
    await streamer.send('DELETE', `/goals/${goalId}`);
    expect(await give('a', 1)).toMatchObject({ status: 409, body: { code: 'goal_not_active' } });

    const funded = await streamer.openFundedSession();
    const later = {
      ...showBody(funded.sessionId, funded.fundingGoalId),
      nbf: '2098-01-01T00:00:00Z',
      exp: '2099-01-01T00:00:00Z',
    };
    goalId = await streamer.createGoal('show', later);
    await active();
    expect(await give('a', 1)).toMatchObject({ status: 409, body: { code: 'outside_window' } });
    goalId = newId();
    expect(await give('a', 1)).toMatchObject({ status: 404, body: { code: 'goal_not_found' } });
    goalId = 'nonsense';
    expect(await give('a', 1)).toMatchObject({ status: 404, body: { code: 'goal_not_found' } });
    await service.stopWorker();
    try {
      goalId = await streamer.createGoal('karaoke', timedBody(await streamer.openSession()));
      expect(await give('a', 1)).toMatchObject({ status: 409, body: { code: 'goal_pending' } });
    } finally {
      await service.startWorker();
    }
  });

  it.each([
    [{ user_id: 'u', amount: 1 }, '/source_id'],
    [{ source_id: '', user_id: 'u', amount: 1 }, '/source_id'],
    [{ source_id: 's', user_id: 'a@b', amount: 1 }, '/user_id'],
    [{ source_id: 's', user_id: { $gt: '' }, amount: 1 }, '/user_id'],
    [{ source_id: 's', user_id: 'u', amount: 0 }, '/amount'],
    [{ source_id: 's', user_id: 'u', amount: 1.5 }, '/amount'],
    [{ source_id: 's', user_id: 'u', amount: '3' }, '/amount'],
    [{ source_id: 's', user_id: 'u', amount: 1, tip: 1 }, '/tip'],
  ])('of %j are refused at %s', async (body, pointer) => {
    await open([10]);
    const answer = await platform.post<{ errors: { pointer: string }[] }>(
      `/goals/${goalId}/contributions`,
      body,
    );
    expect(answer.status).toBe(422);
    expect(answer.body.errors.map((error) => error.pointer)).toEqual([pointer]);
    expect(await streamer.post(`/goals/${goalId}/contributions`, body)).toMatchObject({ status: 403 });
  });

  it('rank those who gave, from Redis and the same again when Redis has lost it', async () => {
    await open([1_000]);
    await active();
    const gifts: [string, number][] = [
      ['ann', 5],
      ['bob', 9],
      ['cy', 2],
      ['ann', 6],
    ];
    const read = async (query = '') =>
      (
        await streamer.get<Page<{ rank: number; user_id: string; amount: number }>>(
          `/goals/${goalId}/leaderboard${query}`,
        )
      ).body;
    expect(await read()).toEqual({ items: [], next_cursor: null });
    for (const [index, [user, amount]] of gifts.entries()) await give(`g-${index}`, amount, user);
    const ranking = [
      { rank: 1, user_id: 'ann', amount: 11 },
      { rank: 2, user_id: 'bob', amount: 9 },
      { rank: 3, user_id: 'cy', amount: 2 },
    ];
    expect((await read()).items).toEqual(ranking);
    const first = await read('?limit=2');
    expect(first.items).toEqual(ranking.slice(0, 2));
    expect(await read(`?limit=2&cursor=${first.next_cursor}`)).toEqual({
      items: ranking.slice(2),
      next_cursor: null,
    });
    const key = `${service.prefix}:leaderboard:${goalId}`;
    expect(await service.redis.zcard(key)).toBe(4);
    await service.redis.del(key);
    expect((await read()).items).toEqual(ranking);
    await give('g-9', 30, 'cy');
    expect((await read()).items[0]).toEqual({ rank: 1, user_id: 'cy', amount: 32 });
  });
});
