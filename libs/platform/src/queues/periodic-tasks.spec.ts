import { Logger } from '@nestjs/common';
import { setImmediate } from 'node:timers/promises';
import { PeriodicTasks } from './periodic-tasks.js';

/** A task whose rounds end when the test says so. */
function heldTask() {
  const rounds: { end: () => void; fail: () => void }[] = [];
  const begun: (() => void)[] = [];
  const run = () =>
    new Promise<void>((end, fail) => {
      rounds.push({ end, fail: () => fail(new Error('a bad round')) });
      begun.shift()?.();
    });
  return {
    rounds,
    run,
    nextRound: () => new Promise<void>((resolve) => begun.push(resolve)),
  };
}

/** Whether a promise has settled, once everything that is due has run. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  void promise.finally(() => (settled = true));
  for (let turn = 0; turn < 5; turn++) await setImmediate();
  return settled;
}

describe('periodic tasks', () => {
  beforeAll(() => Logger.overrideLogger(false));

  it('that are under way when they are stopped are waited for, each of them', async () => {
    const tasks = new PeriodicTasks();
    const [one, other] = [heldTask(), heldTask()];
    tasks.register({ name: 'one', everyMs: 1, run: one.run });
    tasks.register({ name: 'other', everyMs: 1, run: other.run });
    tasks.start();
    const stop = tasks.beforeApplicationShutdown();
    expect(await isSettled(stop)).toBe(false);
    one.rounds[0]!.end();
    expect(await isSettled(stop)).toBe(false);
    other.rounds[0]!.fail();
    await stop;
    expect([one.rounds.length, other.rounds.length]).toEqual([1, 1]);
  });

  it('begin no round once they are stopped, and are not waited for between two', async () => {
    const tasks = new PeriodicTasks();
    const task = heldTask();
    tasks.register({ name: 'rare', everyMs: 3_600_000, run: task.run });
    tasks.start();
    task.rounds[0]!.end();
    expect(await isSettled(Promise.resolve())).toBe(true);
    await tasks.beforeApplicationShutdown();
    expect(task.rounds).toHaveLength(1);
  });

  it('go on after a round that failed, and never begin one beside another', async () => {
    const tasks = new PeriodicTasks();
    const task = heldTask();
    tasks.register({ name: 'often', everyMs: 1, run: task.run });
    tasks.start();
    const next = task.nextRound();
    expect(await isSettled(next)).toBe(false);
    task.rounds[0]!.fail();
    await next;
    expect(task.rounds).toHaveLength(2);
    const stop = tasks.beforeApplicationShutdown();
    task.rounds[1]!.end();
    await stop;
  });
});
