import type { ShowViewers } from '#contributions';
import type { Job } from 'bull';
import { setImmediate } from 'node:timers/promises';
import { callsAtOnce, mostAhead, notifyInChunks } from './notify-in-chunks.js';

interface Data {
  funding_goal_id: string;
  after?: string;
}

const all = Array.from({ length: 4_321 }, (_, index) => `viewer-${String(index).padStart(5, '0')}`);
const viewers = {
  page: async (_: string, after: string | undefined, limit: number) => {
    const users = all.filter((user) => after === undefined || user > after).slice(0, limit);
    return { viewers: users, ...(users.length === limit && { next: users.at(-1) }) };
  },
} as unknown as ShowViewers;

/** A job as Bull keeps it: what is stored of it is what a retry gets. */
class KeptJob {
  data: Data = { funding_goal_id: 'f1' };
  async update(data: Data): Promise<void> {
    await setImmediate();
    this.data = data;
  }
}

/** Runs the jobs of a fan-out to its end, each again after a failure. */
async function fanOut(notify: (batch: string[]) => Promise<void>): Promise<number> {
  let failures = 0;
  for (let next: Data | undefined = { funding_goal_id: 'f1' }; next;) {
    const job = new KeptJob();
    job.data = next;
    next = undefined;
    const queue = { add: async (data: Data) => void (next = data) };
    for (let isDone = false; !isDone;)
      isDone = await notifyInChunks(job as unknown as Job<Data>, viewers, queue, notify).then(
        () => true,
        () => (failures += 1) === 0,
      );
  }
  return failures;
}

describe('the viewers of a show', () => {
  it('are each notified once, by calls that run together within a bound', async () => {
    const notified: string[] = [];
    let running = 0;
    let most = 0;
    await fanOut(async (batch) => {
      most = Math.max(most, (running += 1));
      for (let turns = Math.random() * 5; turns > 0; turns--) await setImmediate();
      running -= 1;
      notified.push(...batch);
    });
    expect(notified.toSorted()).toEqual(all);
    expect(most).toBe(callsAtOnce);
  });

  it('are all notified though calls fail, and no more of them again than may be ahead of what is stored', async () => {
    const times = new Map<string, number>();
    let count = 0;
    const failures = await fanOut(async (batch) => {
      const isFailing = (count += 1) % 100 === 0;
      for (let turns = Math.random() * 5; turns > 0; turns--) await setImmediate();
      if (isFailing) throw new Error('away');
      for (const viewer of batch) times.set(viewer, (times.get(viewer) ?? 0) + 1);
    });
    expect(failures).toBeGreaterThan(0);
    expect([...times.keys()].toSorted()).toEqual(all);
    const repeated = [...times.values()].reduce((sum, one) => sum + one - 1, 0);
    expect(repeated).toBeLessThanOrEqual(failures * mostAhead * 10);
  });
});
