import { DueLists, RedisKeys } from '#platform';
import { until } from './client.js';
import { useService } from './service.js';

const service = useService({ JOB_LOCK_MS: '1000' }, { apps: [] });

describe('a due list', () => {
  const opened: DueLists[] = [];
  /** The lists of another process. */
  const processLists = () => {
    const lists = new DueLists(service.redis, new RedisKeys(service.config), service.config);
    opened.push(lists);
    return lists;
  };

  afterEach(async () => {
    await Promise.all(opened.splice(0).map((lists) => lists.beforeApplicationShutdown()));
    await service.redis.del(...(await service.keys()).filter((key) => key.includes('due')), 'none');
  });

  const left = async (name: string) => {
    const { waiting } = await processLists().of(name).measure();
    return waiting;
  };

  it('hands each id to one of several processes, once for however often it was added', async () => {
    const ids = Array.from({ length: 1000 }, (_, index) => `id-${index}`);
    const done: string[] = [];
    const lists = [processLists(), processLists(), processLists()];
    await lists[0]!.of('each').add(ids);
    await lists[1]!.of('each').add(ids.toReversed());
    for (const one of lists) {
      one.process(one.of('each'), async (taken) => void done.push(...taken));
      one.start();
    }
    await until(async () => done.length >= ids.length);
    await until(async () => (await left('each')) === 0);
    expect(done.toSorted()).toEqual(ids.toSorted());
  });

  it('hands out an id again that was added while it was worked on, when that is over', async () => {
    const [lists, others] = [processLists(), processLists()];
    const first = Promise.withResolvers<void>();
    let running = 0;
    let times = 0;
    for (const one of [lists, others]) {
      one.process(one.of('again'), async () => {
        running += 1;
        expect(running).toBe(1);
        times += 1;
        if (times === 1) {
          await others.of('again').add(['a']);
          await first.promise;
        }
        running -= 1;
      });
      one.start();
    }
    await lists.of('again').add(['a']);
    await until(async () => times === 1);
    // The second process has seen that it is due, and left it.
    const key = `${service.prefix}:due:again`;
    const before = Number(await service.redis.zscore(key, 'a'));
    await until(async () => Number(await service.redis.zscore(key, 'a')) > before);
    expect(times).toBe(1);
    first.resolve();
    await until(async () => times === 2);
  });

  it('gives what a process has left undone to another one, and what failed to the next look', async () => {
    const dead = processLists();
    dead.process(dead.of('left'), () => new Promise(() => undefined));
    dead.start();
    await dead.of('left').add(['a']);
    await until(async () => (await left('left')) === 0);
    opened.splice(opened.indexOf(dead), 1);

    const other = processLists();
    let times = 0;
    other.process(other.of('left'), () => {
      times += 1;
      return times === 1 ? Promise.reject(new Error('not yet')) : Promise.resolve();
    });
    other.start();
    await until(async () => times === 2);
  });

  it('has an id due at the end of its slot, and at the earlier of two moments', async () => {
    const list = processLists().of('slots');
    const dueAt = async (id: string) => Number(await service.redis.zscore(`${service.prefix}:due:slots`, id));
    await list.add(['a', 'b'], 60_000);
    expect((await dueAt('a')) % 60_000).toBe(0);
    expect((await list.measure()).waiting).toBe(0);
    await list.add(['a']);
    expect(await dueAt('a')).toBeLessThan(await dueAt('b'));
    await list.add(['a'], 60_000);
    expect((await list.measure()).waiting).toBe(1);
    await list.addIn(90_000, 'b');
    expect((await dueAt('b')) % 60_000).toBe(0);
    await list.addIn(-1, 'b');
    expect((await list.measure()).waiting).toBe(2);
  });

  it('has an id due when its time has come, and no process holds it before', async () => {
    const lists = processLists();
    const taken: number[] = [];
    lists.process(lists.of('timers'), async (ids) => void taken.push(ids.length), 2);
    lists.start();
    const begin = performance.now();
    for (const id of ['a', 'b', 'c']) await lists.of('timers').addIn(300, id);
    const key = `${service.prefix}:due:timers`;
    expect(await service.redis.zcard(key)).toBe(3);
    await until(async () => taken.length === 2);
    expect(performance.now() - begin).toBeGreaterThanOrEqual(299);
    expect(taken.toSorted((one, other) => one - other)).toEqual([1, 2]);
  });
});
