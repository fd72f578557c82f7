import type { LeaderboardEntry, ListedContribution } from '#contracts';
import { newId } from '#platform';
import { Client, timedBody, until } from './client.js';
import { ContributionScene } from './contribution-scene.js';

interface Page<Item> {
  items: Item[];
  next_cursor: string | null;
}

describe('what is shown of those who gave', () => {
  let scene: ContributionScene;
  let admin: Client;

  beforeAll(async () => {
    scene = await ContributionScene.start();
    admin = scene.service.client(undefined, ['admin']);
  });
  beforeEach(async () => {
    await scene.open([100]);
    await scene.active();
  });
  afterAll(() => scene.service?.stop());

  const list = async (client: Client, query = '') =>
    client.get<Page<ListedContribution>>(`/goals/${scene.goalId}/contributions${query}`);
  const board = async (client: Client) =>
    (await client.get<Page<LeaderboardEntry>>(`/goals/${scene.goalId}/leaderboard`)).body.items;

  it('has no message that its streamer removed: not in answers, not in MongoDB, and screens are told once', async () => {
    await scene.give('rude', 5, 'ann', { display_name: 'Ann', message: 'a rude word' });
    await scene.give('kind', 5, 'bob', { message: 'well done' });
    const path = `/goals/${scene.goalId}/contributions/rude/message`;
    const stranger = scene.service.client();
    expect((await stranger.send('DELETE', path)).status).toBe(403);
    const answers = await Promise.all([1, 2].map(() => scene.streamer.send('DELETE', path)));
    expect([...answers, await scene.streamer.send('DELETE', path)].map(({ status }) => status)).toEqual([
      204, 204, 204,
    ]);
    expect(await scene.streamer.send('DELETE', path.replace('rude', 'none'))).toMatchObject({
      status: 404,
      body: { code: 'contribution_not_found' },
    });
    const { body } = await list(scene.streamer);
    expect(body.items.map(({ display_name, message, amount }) => [display_name, message, amount])).toEqual([
      ['Ann', null, 5],
      [null, 'well done', 5],
    ]);
    const told = () => scene.service.documents('event_log', { type: 'goal.updated', goal_id: scene.goalId });
    await until(async () => (await scene.service.documents('goal', { unpublished: true })).length === 0);
    const changes = (await until(told)).map(({ data }) => (data as { changes: string[] }).changes);
    expect(changes).toEqual([['contributions.rude.message']]);
    const { body: audit } = await admin.get<Page<object>>('/audit?act=remove_message');
    expect(audit.items).toEqual([
      expect.objectContaining({
        target: expect.objectContaining({ goal_id: scene.goalId, source_id: 'rude' }),
      }),
    ]);
    for (const { name } of await scene.service.mongo.listCollections())
      expect(JSON.stringify(await scene.service.documents(name))).not.toContain('a rude word');
  });

  it('is the list of contributions, with what their givers said, voided ones as well, tombstones not', async () => {
    await scene.give('a', 5, 'ann', { display_name: 'Ann Ä 🎉', message: 'for the encore' });
    await scene.give('b', 7, 'bob', { display_name: 'B.', message: 'guess who', anonymous: true });
    await scene.give('c', 2, 'cy');
    await scene.void('c', 'charged back');
    await scene.void('never seen');
    const common = { late: false, voided_at: null, created_at: expect.stringMatching(/^2.*Z$/) };
    const plain = { ...common, display_name: null, message: null, anonymous: false };
    const items = [
      {
        ...common,
        source_id: 'a',
        user_id: 'ann',
        amount: 5,
        display_name: 'Ann Ä 🎉',
        message: 'for the encore',
        anonymous: false,
      },
      {
        ...common,
        source_id: 'b',
        user_id: 'bob',
        amount: 7,
        display_name: 'B.',
        message: 'guess who',
        anonymous: true,
      },
      { ...plain, source_id: 'c', user_id: 'cy', amount: 2, voided_at: expect.stringMatching(/^2.*Z$/) },
    ];
    for (const client of [admin, scene.platform])
      expect((await list(client)).body).toEqual({ items, next_cursor: null });
    const [first, hidden, last] = items;
    expect((await list(scene.streamer)).body.items).toEqual([
      first,
      { ...hidden, user_id: null, display_name: null },
      last,
    ]);
  });

  it('comes in pages, each contribution once, also while more are given', async () => {
    for (let index = 0; index < 5; index++) await scene.give(`g-${index}`, 1);
    const seen: string[] = [];
    for (let query = '?limit=2'; query;) {
      const { items, next_cursor } = (await list(scene.streamer, query)).body;
      seen.push(...items.map(({ source_id }) => source_id));
      if (seen.length === 2) await scene.give('g-5', 1);
      query = next_cursor ? `?limit=2&cursor=${next_cursor}` : '';
    }
    expect(seen).toEqual(['g-0', 'g-1', 'g-2', 'g-3', 'g-4', 'g-5']);
  });

  it('is shown to the streamer of the session, services and admins, of a goal that there is', async () => {
    expect((await list(scene.service.client())).body).toMatchObject({ code: 'not_your_session' });
    scene.goalId = newId();
    expect(await list(admin)).toMatchObject({ status: 404, body: { code: 'goal_not_found' } });
    await scene.service.stopWorker();
    try {
      const body = timedBody(await scene.streamer.openSession());
      scene.goalId = await scene.streamer.createGoal('karaoke', body);
      expect((await list(scene.streamer)).body).toEqual({ items: [], next_cursor: null });
    } finally {
      await scene.service.startWorker();
    }
  });

  it('in the leaderboard is the sum of a user, and apart from it what the user gave anonymously', async () => {
    await scene.give('a', 5, 'ann');
    await scene.give('b', 9, 'ann', { anonymous: true });
    await scene.give('c', 1, 'ann');
    await scene.give('d', 2, 'bob', { anonymous: false });
    const entries = (anonymousId: string | null) => [
      { rank: 1, user_id: anonymousId, anonymous: true, amount: 9 },
      { rank: 2, user_id: 'ann', anonymous: false, amount: 6 },
      { rank: 3, user_id: 'bob', anonymous: false, amount: 2 },
    ];
    const check = async () => {
      for (const client of [admin, scene.platform]) expect(await board(client)).toEqual(entries('ann'));
      for (const client of [scene.streamer, scene.service.client('ann', [])])
        expect(await board(client)).toEqual(entries(null));
    };
    await check();
    await scene.service.redis.del(`${scene.service.prefix}:leaderboard:${scene.goalId}`);
    await check();
  });

  it('follows what is voided, from Redis and from MongoDB', async () => {
    await scene.give('a', 5, 'ann');
    await scene.give('b', 9, 'ann', { anonymous: true });
    await scene.give('c', 2, 'bob');
    expect(await board(admin)).toHaveLength(3);
    for (const source of ['b', 'c']) await scene.void(source);
    const key = `${scene.service.prefix}:leaderboard:${scene.goalId}`;
    // The version is a member of its own.
    expect(await scene.service.redis.zcard(key)).toBe(2);
    expect(await scene.leaderboard()).toEqual([['ann', 5]]);
    await scene.service.redis.del(key);
    expect(await scene.leaderboard()).toEqual([['ann', 5]]);
  });

  it.each([
    [{ display_name: '' }, '/display_name'],
    [{ display_name: 'x'.repeat(41) }, '/display_name'],
    [{ display_name: null }, '/display_name'],
    [{ message: '' }, '/message'],
    [{ message: 'x'.repeat(201) }, '/message'],
    [{ anonymous: 'yes' }, '/anonymous'],
    [{ anonymous: null }, '/anonymous'],
  ])('is refused as %j', async (more, pointer) => {
    const { status, body } = await scene.give('a', 1, 'ann', more);
    expect({ status, errors: body.errors }).toMatchObject({ status: 422, errors: [{ pointer }] });
  });
});
