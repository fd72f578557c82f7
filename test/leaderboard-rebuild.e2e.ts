import { bootApi } from '#api';
import { newId, toObjectId } from '#platform';
import { Client, until } from './client.js';
import { ContributionScene } from './contribution-scene.js';
import { TcpProxy } from './faults/stage/tcp-proxy.js';

interface Board {
  items: { rank: number; user_id: string; amount: number }[];
  next_cursor: string | null;
}

/** Does something, during which so many leaderboards are made anew. */
async function rebuildsOf({ service }: ContributionScene, act: () => Promise<void>, count: number) {
  const { db } = service.mongo;
  await db!.command({ profile: 2 });
  try {
    await act();
  } finally {
    await db!.command({ profile: 0 });
  }
  const seen = await service.documents('system.profile', { 'command.aggregate': 'goal_contribution' });
  await db!.dropCollection('system.profile');
  expect(seen).toHaveLength(count);
}

describe('a leaderboard that Redis does not have', () => {
  let scene: ContributionScene;

  beforeAll(async () => {
    scene = await ContributionScene.start();
    await scene.service.startApi();
  });
  afterAll(() => scene.service?.stop());

  const keyOf = (goalId: string) => `${scene.service.prefix}:leaderboard:${goalId}`;
  const read = (query = '') => scene.streamer.get<Board>(`/goals/${scene.goalId}/leaderboard${query}`);

  /** Reads as a client does that comes again when it is told to. */
  const readInTime = async (query = ''): Promise<Board> => {
    const { body } = await until(async () => {
      const answer = await read(query);
      if (answer.status === 200) return answer;
      expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
      return undefined;
    });
    return body;
  };

  const everyone = async (): Promise<Board['items']> => {
    const items: Board['items'] = [];
    let cursor: string | null = '';
    do {
      const page: Board = await readInTime(`?limit=100${cursor && `&cursor=${cursor}`}`);
      items.push(...page.items);
      cursor = page.next_cursor;
    } while (cursor);
    return items;
  };

  /** Stores what a crowd gave without Redis knowing of it, as after the loss of its data: the n-th of them gave n. */
  const storeCrowd = async (count: number): Promise<void> => {
    const goal_id = toObjectId(scene.goalId);
    const payments = scene.service.mongo.collection('goal_contribution');
    for (let begin = 0; begin < count; begin += 10_000)
      await payments.insertMany(
        Array.from({ length: Math.min(10_000, count - begin) }, (_, index) => {
          const amount = begin + index + 1;
          return {
            goal_id,
            source_id: `s-${amount}`,
            user_id: `u-${amount}`,
            amount,
            created_at: new Date(),
          };
        }),
      );
    await scene.service.mongo
      .collection('goal')
      .updateOne({ _id: goal_id }, { $inc: { version: 1, progress: (count * (count + 1)) / 2 } });
  };

  const sumsInMongo = async (): Promise<Map<string, number>> => {
    const payments = await scene.service.documents('goal_contribution', {
      goal_id: toObjectId(scene.goalId),
    });
    const sums = new Map<string, number>();
    for (const { user_id, amount } of payments)
      sums.set(String(user_id), (sums.get(String(user_id)) ?? 0) + Number(amount));
    return sums;
  };

  it('is made anew once for 40 readers of two apis, with 40,000 contributors', async () => {
    await scene.open([1e12]);
    await scene.active();
    await storeCrowd(40_000);
    await rebuildsOf(
      scene,
      async () => {
        const boards = await Promise.all(Array.from({ length: 40 }, () => readInTime('?limit=2')));
        for (const { items } of boards)
          expect(items).toEqual([
            { rank: 1, user_id: 'u-40000', anonymous: false, amount: 40_000 },
            { rank: 2, user_id: 'u-39999', anonymous: false, amount: 39_999 },
          ]);
      },
      1,
    );
    expect(await everyone()).toEqual(
      Array.from({ length: 40_000 }, (_, index) => ({
        rank: index + 1,
        user_id: `u-${40_000 - index}`,
        anonymous: false,
        amount: 40_000 - index,
      })),
    );
    const left = (await scene.service.keys()).filter((key) => key.includes(keyOf(scene.goalId)));
    expect(left).toEqual([keyOf(scene.goalId)]);
  }, 60_000);

  it('neither loses nor doubles what is given while it is made', async () => {
    await scene.open([1e12]);
    await scene.active();
    await storeCrowd(20_000);
    for (let round = 0; round < 3; round++) {
      await scene.service.redis.del(keyOf(scene.goalId));
      const reading = { isOver: false };
      let given = 0;
      const givers = Array.from({ length: 6 }, async (_, giver) => {
        while (!reading.isOver || given < 30)
          expect(
            (await scene.give(`g-${round}-${giver}-${given++}`, 1_000_000, `u-${giver + 1}`)).status,
          ).toBe(201);
      });
      await Promise.all(Array.from({ length: 5 }, () => readInTime()));
      reading.isOver = true;
      await Promise.all(givers);
      const sums = await sumsInMongo();
      const top = (await readInTime('?limit=6')).items;
      expect(top.map(({ user_id, amount }) => [user_id, amount])).toEqual(
        top.map(({ user_id }) => [user_id, sums.get(user_id)]),
      );
      expect(new Set(top.map(({ user_id }) => user_id))).toEqual(
        new Set(Array.from({ length: 6 }, (_, giver) => `u-${giver + 1}`)),
      );
    }
  }, 60_000);

  it('waits a moment for who makes it, then says when to come again, and takes over from who died', async () => {
    await scene.open([1_000]);
    await scene.active();
    await scene.service.redis.del(keyOf(scene.goalId));
    const lock = `${scene.service.prefix}:{${keyOf(scene.goalId)}}:rebuild`;
    await scene.service.redis.set(lock, 'who died', 'PX', 3_000);
    await scene.give('a', 5, 'ann');
    const refused = await read();
    expect(refused).toMatchObject({ status: 503, body: { code: 'unavailable' } });
    expect(refused.headers.get('retry-after')).toBe('1');
    await scene.give('b', 2, 'ann');
    expect((await readInTime()).items).toEqual([{ rank: 1, user_id: 'ann', anonymous: false, amount: 7 }]);
    await scene.give('c', 1, 'bob');
    expect((await readInTime()).items.at(-1)).toEqual({
      rank: 2,
      user_id: 'bob',
      anonymous: false,
      amount: 1,
    });
  });
});

describe('a leaderboard that is behind its goal', () => {
  let scene: ContributionScene;

  beforeAll(async () => {
    scene = await ContributionScene.start();
  });
  beforeEach(async () => {
    await scene.open([1_000]);
    await scene.active();
  });
  afterAll(() => scene.service?.stop());

  const read = async () =>
    (await scene.streamer.get<Board>(`/goals/${scene.goalId}/leaderboard`)).body.items.map(
      ({ user_id, amount }) => [user_id, amount],
    );

  /** A contribution of which Redis never learns. */
  const giveUnseen = async (amount: number, user_id: string): Promise<void> => {
    const goal_id = toObjectId(scene.goalId);
    await scene.service.mongo
      .collection('goal_contribution')
      .insertOne({ goal_id, source_id: newId(), user_id, amount, created_at: new Date() });
    await scene.service.mongo
      .collection('goal')
      .updateOne({ _id: goal_id }, { $inc: { version: 1, progress: amount } });
  };

  it('is not added on over a gap', async () => {
    await read();
    await scene.give('a', 5, 'ann');
    expect(await read()).toEqual([['ann', 5]]);
    await giveUnseen(7, 'bob');
    await scene.give('b', 1, 'ann');
    expect(await read()).toEqual([
      ['bob', 7],
      ['ann', 6],
    ]);
  });

  it('is not served', async () => {
    await scene.give('a', 5, 'ann');
    expect(await read()).toEqual([['ann', 5]]);
    await giveUnseen(7, 'bob');
    expect(await read()).toEqual([
      ['bob', 7],
      ['ann', 5],
    ]);
  });

  // What is late has a single server behind a proxy; a cluster names its nodes itself.
  const onOneServer = process.env.TEST_REDIS_URL?.includes('+cluster:') ? it.skip : it;
  onOneServer('catches up without a rebuild where an addition comes late', async () => {
    const line = await TcpProxy.start(Number(new URL(scene.service.config.redis.url).port));
    const redis = { ...scene.service.config.redis, url: `redis://127.0.0.1:${line.port}` };
    const late = await bootApi(Object.assign({}, scene.service.config, { redis }));
    await late.listen(0, '127.0.0.1');
    try {
      await read();
      await scene.give('a', 5, 'ann');
      line.delay(150);
      const lateGift = new Client(await late.getUrl(), newId(), ['service']).post(
        `/goals/${scene.goalId}/contributions`,
        { source_id: 'b', user_id: 'bob', amount: 7 },
      );
      const stored = { goal_id: toObjectId(scene.goalId), source_id: 'b' };
      await until(async () => (await scene.service.documents('goal_contribution', stored)).length);
      await scene.give('c', 1, 'ann');
      expect((await lateGift).status).toBe(201);
      await rebuildsOf(
        scene,
        async () => {
          expect(await read()).toEqual([
            ['bob', 7],
            ['ann', 6],
          ]);
        },
        0,
      );
    } finally {
      await late.close();
      await line.stop();
    }
  });
});
