import type { ShowViewers } from '#contributions';
import { Semaphore } from '#platform';
import { batchLimit } from '#realtime';
import type { Job } from 'bull';

/** How many viewers one job looks at. */
const chunkSize = 10_000;

/** So many calls for viewers are in flight at once in a process; the others that Pusher may get are left to all else. */
export const callsAtOnce = 48;

/** So many calls are begun after the last one that is stored as done. */
export const mostAhead = 2 * callsAtOnce;

const calls = new Semaphore(callsAtOnce);

/** What a job says that notifies the viewers of a show in the order of their ids. */
interface ChunkJob {
  funding_goal_id: string;
  /** The last viewer up to whom all were notified. */
  after?: string;
}

/**
 * Notifies a chunk of the viewers of a show, and queues the next one. If a call fails, no more are begun. A retry, also after
 * a crash, continues after the last viewer up to whom all are stored as notified: it repeats `mostAhead` calls at most.
 */
export async function notifyInChunks<Data extends ChunkJob>(
  job: Job<Data>,
  viewers: ShowViewers,
  queue: { add(next: Data): Promise<void> },
  notify: (batch: string[]) => Promise<void>,
): Promise<void> {
  const { data } = job;
  const { viewers: chunk, next } = await viewers.page(data.funding_goal_id, data.after, chunkSize);
  const batches: string[][] = [];
  for (let begin = 0; begin < chunk.length; begin += batchLimit)
    batches.push(chunk.slice(begin, begin + batchLimit));
  const progress = new ChunkProgress((finished) =>
    job.update({ ...data, after: batches[finished - 1]!.at(-1) }),
  );
  const running: Promise<void>[] = [];
  for (const [index, batch] of batches.entries()) {
    if (!(await progress.reaches(index + 1 - mostAhead))) break;
    const call = calls.run(() => (progress.hasFailed ? Promise.resolve() : notify(batch)));
    running.push(
      call.then(
        () => progress.finish(index),
        (error: unknown) => progress.fail(error),
      ),
    );
  }
  await Promise.all(running);
  await progress.end();
  if (next !== undefined) await queue.add({ ...data, after: next });
}

/** Up to which batch all are done, stored while others run: one write at a time. */
class ChunkProgress {
  private readonly done = new Set<number>();
  private finished = 0;
  private stored = 0;
  private failures: unknown[] = [];
  private isStoring = false;
  private change = Promise.withResolvers<void>();

  constructor(private readonly store: (finished: number) => Promise<void>) {}

  get hasFailed(): boolean {
    return this.failures.length > 0;
  }

  /** Waits until so many batches are stored as done; false if something has failed before that. */
  async reaches(batches: number): Promise<boolean> {
    while (this.stored < batches && !this.hasFailed) await this.change.promise;
    return !this.hasFailed;
  }

  /** A batch that was left out after a failure may be finished, too: nothing after the failed one is stored. */
  finish(index: number): void {
    if (this.hasFailed) return;
    this.done.add(index);
    while (this.done.delete(this.finished)) this.finished += 1;
    void this.storeAll();
  }

  fail(error: unknown): void {
    this.failures.push(error);
    this.wake();
  }

  /** Waits until everything is stored; throws the first failure. */
  async end(): Promise<void> {
    while (this.isStoring) await this.change.promise;
    if (this.hasFailed) throw this.failures[0];
  }

  private async storeAll(): Promise<void> {
    if (this.isStoring) return;
    this.isStoring = true;
    try {
      while (this.stored < this.finished) {
        const { finished } = this;
        await this.store(finished);
        this.stored = finished;
        this.wake();
      }
      this.isStoring = false;
    } catch (error) {
      this.isStoring = false;
      this.fail(error);
    }
    this.wake();
  }

  private wake(): void {
    const { resolve } = this.change;
    this.change = Promise.withResolvers<void>();
    resolve();
  }
}
