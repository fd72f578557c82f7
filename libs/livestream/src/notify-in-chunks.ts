import type { ShowViewers } from '#contributions';
import { batchLimit } from '#realtime';
import type { Job } from 'bull';

/** How many viewers one job looks at. */
const chunkSize = 200;

/** What a job says that notifies the viewers of a show in the order of their ids. */
interface ChunkJob {
  funding_goal_id: string;
  /** The last viewer that was notified. */
  after?: string;
}

/** Notifies a chunk of the viewers of a show, and queues the next one. A retry after a crash repeats a call to Pusher at most. */
export async function notifyInChunks<Data extends ChunkJob>(
  job: Job<Data>,
  viewers: ShowViewers,
  queue: { add(next: Data): Promise<void> },
  notify: (batch: string[]) => Promise<void>,
): Promise<void> {
  const { data } = job;
  const { viewers: chunk, next } = await viewers.page(data.funding_goal_id, data.after, chunkSize);
  for (let begin = 0; begin < chunk.length; begin += batchLimit) {
    const batch = chunk.slice(begin, begin + batchLimit);
    await notify(batch);
    // Another worker that takes over the job continues after this viewer.
    await job.update({ ...data, after: batch.at(-1) });
  }
  if (next !== undefined) await queue.add({ ...data, after: next });
}
