import { jest } from '@jest/globals';
import { Semaphore } from './semaphore.js';

/** Starts tasks that each end when told to; notes which run, end and fail. */
class Tasks {
  readonly running: { id: string; end: () => void }[] = [];
  readonly failed: string[] = [];
  constructor(private readonly semaphore: Semaphore) {}

  async start(id: string, holder?: { running: number; maxRunning: number }): Promise<void> {
    this.semaphore
      .run(() => new Promise<void>((end) => this.running.push({ id, end })), holder)
      .catch((error: Error) => this.failed.push(`${id}: ${error.message}`));
    await settled();
  }

  async end(id: string): Promise<void> {
    const index = this.running.findIndex((task) => task.id === id);
    this.running.splice(index, 1)[0]!.end();
    await settled();
  }

  get ids(): string[] {
    return this.running.map(({ id }) => id);
  }
}

const settled = async () => {
  for (let turns = 0; turns < 20; turns++) await Promise.resolve();
};

describe('Semaphore', () => {
  it('lets no more tasks run at once than it has slots, in order, and frees the slot of one that failed', async () => {
    const semaphore = new Semaphore(2);
    let running = 0;
    let most = 0;
    const order: number[] = [];
    const task = (index: number) => async () => {
      most = Math.max(most, ++running);
      order.push(index);
      await new Promise((resolve) => setTimeout(resolve, 1));
      running--;
      if (index % 2 === 0) throw new Error('failed');
    };
    const outcomes = await Promise.allSettled(Array.from({ length: 9 }, (_, i) => semaphore.run(task(i))));
    expect(most).toBe(2);
    expect(order).toEqual([...order].toSorted((a, b) => a - b));
    expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(5);
    await expect(semaphore.run(() => Promise.resolve('free'))).resolves.toBe('free');
    expect(semaphore.taskCount).toBe(0);
  });

  it('limits a holder to its own most without delaying the tasks of others', async () => {
    const tasks = new Tasks(new Semaphore(3));
    const holder = { running: 0, maxRunning: 1 };
    await tasks.start('a1', holder);
    await tasks.start('a2', holder);
    await tasks.start('b');
    expect(tasks.ids).toEqual(['a1', 'b']);
    await tasks.end('b');
    expect(tasks.ids).toEqual(['a1']);
    await tasks.end('a1');
    expect([tasks.ids, holder.running]).toEqual([['a2'], 1]);
  });

  it('hands two slots that are freed in the same turn to different holders if one may have only one more', async () => {
    const tasks = new Tasks(new Semaphore(2));
    const holder = { running: 0, maxRunning: 1 };
    await tasks.start('b1');
    await tasks.start('b2');
    await tasks.start('a1', holder);
    await tasks.start('a2', holder);
    for (const { end } of tasks.running.splice(0)) end();
    await settled();
    expect(tasks.ids).toEqual(['a1']);
  });

  it('fails a task whose turn comes later than it may wait, and says so before', async () => {
    jest.useFakeTimers({ now: 1_000_000 });
    const semaphore = new Semaphore(1, { ms: 100, error: new Error('late') });
    const tasks = new Tasks(semaphore);
    await tasks.start('a');
    await tasks.start('b');
    jest.setSystemTime(1_000_100);
    expect(semaphore.isOverdue).toBe(false);
    jest.setSystemTime(1_000_101);
    expect([semaphore.isOverdue, semaphore.taskCount]).toEqual([true, 2]);
    await tasks.start('c');
    await tasks.end('a');
    expect([tasks.ids, tasks.failed]).toEqual([['c'], ['b: late']]);
    jest.useRealTimers();
  });
});
