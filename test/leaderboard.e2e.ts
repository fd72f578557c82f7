import { ContributionScene } from './contribution-scene.js';

interface Page<Item> {
  items: Item[];
  next_cursor: string | null;
}

describe('the leaderboard', () => {
  let scene: ContributionScene;

  beforeAll(async () => {
    scene = await ContributionScene.start();
  });
  afterAll(() => scene.service?.stop());

  it('rank those who gave, from Redis and the same again when Redis has lost it', async () => {
    await scene.open([1_000]);
    await scene.active();
    const gifts: [string, number][] = [
      ['ann', 5],
      ['bob', 9],
      ['cy', 2],
      ['ann', 6],
    ];
    const read = async (query = '') =>
      (
        await scene.streamer.get<Page<{ rank: number; user_id: string; amount: number }>>(
          `/goals/${scene.goalId}/leaderboard${query}`,
        )
      ).body;
    expect(await read()).toEqual({ items: [], next_cursor: null });
    for (const [index, [user, amount]] of gifts.entries()) await scene.give(`g-${index}`, amount, user);
    const ranking = [
      { rank: 1, user_id: 'ann', anonymous: false, amount: 11 },
      { rank: 2, user_id: 'bob', anonymous: false, amount: 9 },
      { rank: 3, user_id: 'cy', anonymous: false, amount: 2 },
    ];
    expect((await read()).items).toEqual(ranking);
    const first = await read('?limit=2');
    expect(first.items).toEqual(ranking.slice(0, 2));
    expect(await read(`?limit=2&cursor=${first.next_cursor}`)).toEqual({
      items: ranking.slice(2),
      next_cursor: null,
    });
    const key = `${scene.service.prefix}:leaderboard:${scene.goalId}`;
    expect(await scene.service.redis.zcard(key)).toBe(4);
    await scene.service.redis.del(key);
    expect((await read()).items).toEqual(ranking);
    await scene.give('g-9', 30, 'cy');
    expect((await read()).items[0]).toEqual({ rank: 1, user_id: 'cy', anonymous: false, amount: 32 });
  });
});
