import { Injectable } from '@nestjs/common';
import type { Job, Queue } from 'bull';
import { readJob, usualOptions } from './job-state.js';
import { JobWorkers } from './job-workers.js';

/** Jobs that are read in one go; more of them would not all be answered in the time of a command. */
const readAtOnce = 200;

/** A job that failed for good, and waits for somebody to replay it. */
export interface DeadLetter {
  /** Queue and job, `deliveries.push/…`. */
  id: string;
  /** The event that it was to deliver, and to which handlers; absent if it is no delivery. */
  event?: string;
  handler?: string;
  /** What it is about: the ids in its data, by their names. */
  ids: Record<string, string>;
  error: string;
  tries: number;
  accepted_at: string;
  died_at: string;
}

/** Lists and replays dead letters, in all queues. */
@Injectable()
export class DeadLetters {
  constructor(private readonly workers: JobWorkers) {}

  /** Every dead letter, the oldest of each queue first; read in batches, as a queue may keep thousands. */
  async list(): Promise<DeadLetter[]> {
    const letters = await Promise.all(this.workers.queues.map((queue) => deadLettersOf(queue)));
    return letters.flat();
  }

  /** Replays a dead letter as `replayFailed` does, by its id. */
  async replay(id: string, record: RecordReplay): Promise<boolean> {
    const [name, jobId] = id.split('/');
    const queue = this.workers.queues.find((one) => one.name === name);
    return queue && jobId !== undefined ? replayFailed(queue, jobId, record) : false;
  }
}

/** The dead letters of a queue, the oldest first, or so many of the newest; read in batches. */
export async function deadLettersOf(queue: Queue, newest = 0): Promise<DeadLetter[]> {
  const letters: DeadLetter[] = [];
  const ids = await queue.client.zrange(queue.toKey('failed'), -newest, -1);
  for (let begin = 0; begin < ids.length; begin += readAtOnce) {
    const jobs = await Promise.all(ids.slice(begin, begin + readAtOnce).map((id) => readJob(queue, id)));
    for (const job of jobs) if (job) letters.push(letterOf(queue, job));
  }
  return letters;
}

/** The ids in the data of a job, by their names, wherever they stand; of those with one name, the first. */
export function idsOf(data: unknown): Record<string, string> {
  const found = JSON.stringify(data ?? {}).matchAll(/"(\w+_id)":"([0-9a-f]{24})"/g);
  const ids: Record<string, string> = {};
  for (const [, name, id] of found) ids[name!] ??= id!;
  return ids;
}

/** Records that a dead letter is about to be replayed; if that fails, it is not. */
export type RecordReplay = (letter: DeadLetter) => Promise<void>;

/** Puts a dead letter back into its queue, with all its tries again. Returns false if none has that id. */
export async function replayFailed(queue: Queue, jobId: string, record: RecordReplay): Promise<boolean> {
  const job = await readJob(queue, jobId);
  if (!job || !(await job.isFailed())) return false;
  await record(letterOf(queue, job));
  // Bull goes on counting where the job had failed, so that a replay would be its only try. The retry of one handler has
  // fewer tries than are usual, since the first one was among others.
  const attempts = Math.max(job.opts.attempts ?? 1, usualOptions(queue).attempts ?? 1);
  const opts = JSON.stringify({ ...job.opts, attempts });
  await queue.client.hset(queue.toKey(jobId), { attemptsMade: 0, opts });
  await job.retry();
  return true;
}

function letterOf(queue: Queue, job: Job): DeadLetter {
  const { event, handlers } = (job.data ?? {}) as { event?: { type?: string }; handlers?: string[] };
  const diedAt = job.finishedOn ?? Date.now();
  return {
    id: `${queue.name}/${job.id}`,
    event: event?.type,
    handler: Array.isArray(handlers) ? handlers.join(', ') : undefined,
    ids: idsOf(job.data),
    error: job.failedReason ?? '',
    tries: job.attemptsMade,
    // If nothing is left of a job but its id, it does not say when it was added.
    accepted_at: new Date(job.timestamp || diedAt).toISOString(),
    died_at: new Date(diedAt).toISOString(),
  };
}
