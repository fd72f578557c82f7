import type { Job, JobOptions, Queue } from 'bull';

/** A failure that no retry can mend; a job that throws it is not retried. */
export class PermanentError extends Error {
  override name = 'PermanentError';
}

/**
 * A job names something that this process does not know, such as a class of another release. It is put back and waits
 * for a process that does, without using up a try.
 */
export class UnknownJobError extends Error {
  override name = 'UnknownJobError';
  /** Bull keeps the stack of every try with the job; this one may be retried for days. */
  override stack = '';
}

/** How long Bull keeps a job that failed for good. What a replay of it needs has to be kept as long. */
export const failedJobsKeptSeconds = 14 * 24 * 3600;

const longestWait = 60_000;

/** Milliseconds to wait after the n-th failed try: doubles up to a minute; half of it is random, so that retries spread. */
export function backoff(failedTries: number, baseMs: number, chance = Math.random()): number {
  const full = Math.min(longestWait, baseMs * 2 ** (failedTries - 1));
  return Math.max(1, Math.round(full * (0.5 + chance / 2)));
}

/** What a process does not know waits as long as after so many failed tries: up to a minute with the usual backoff. */
const triesOfUnknown = 9;

/** Bull's name for our strategy. */
export const jittered = 'jittered';

/** The strategy as Bull calls it; -1 tells Bull not to retry. */
export function backoffStrategy(baseMs: number) {
  return (failedTries: number, error: Error): number => {
    if (error instanceof PermanentError) return -1;
    return backoff(error instanceof UnknownJobError ? triesOfUnknown : failedTries, baseMs);
  };
}

/** Whether a job that fails with this error now will not be retried. */
export function isLastTry(job: Job, error: Error): boolean {
  if (error instanceof UnknownJobError) return false;
  return error instanceof PermanentError || job.attemptsMade + 1 >= (job.opts.attempts ?? 1);
}

/** Bull stamps a failed job that is put back into its queue; its types do not say so. */
function retriedOn(job: Job): number | undefined {
  return (job as Job & { retriedOn?: number }).retriedOn;
}

/** Whether the job is a dead letter that was put back into its queue. */
export function wasReplayed(job: Job): boolean {
  return retriedOn(job) !== undefined;
}

/** Names the final failure of a job: the same for all tries since it was queued, or replayed the last time. */
export function failureId(job: Job): string {
  return String(retriedOn(job) ?? job.timestamp);
}

/** Reports the final failure of a job. If that fails, as in an outage, the job gets one more try. */
export async function reportFinalFailure(
  job: Job,
  error: Error,
  report: () => Promise<void> | undefined,
): Promise<void> {
  try {
    await report();
  } catch (fault) {
    job.opts.attempts = job.attemptsMade + 2;
    throw new Error(`${error.message}; its final failure could not be reported: ${String(fault)}`, {
      cause: fault,
    });
  }
}

/** Lets the failure of a job, which Bull handles next, use up none of its tries: it is put back and waits. */
export function postpone(job: Job): void {
  job.opts.attempts = Math.max(job.opts.attempts ?? 1, job.attemptsMade + 1);
  // Bull adds it again when it puts the job back, in one step with that.
  job.attemptsMade -= 1;
}

/** Lets a job wait by our strategy, whatever its options say: with one that Bull does not know it would never be retried. */
export function useBackoff(job: Job): void {
  job.opts.backoff = { type: jittered };
}

/** The fields of a job as Redis keeps them. */
type StoredJob = Record<string, string>;

/** Parts of Bull's queue that its types leave out. */
interface InnerQueue {
  /** Through which a worker gets each job that it takes. */
  nextJobFromJobData(stored: StoredJob, jobId: string): Promise<Job | null>;
  defaultJobOptions: JobOptions;
}

/**
 * Lets a worker take jobs that are no JSON. Bull throws while it reads one, before anybody can fail it, and meets it again
 * as soon as its lock has expired. Here it is mended and then processed like any other.
 */
export function takeUnreadable(queue: Queue): void {
  const inner = queue as unknown as InnerQueue;
  const read = inner.nextJobFromJobData.bind(queue);
  inner.nextJobFromJobData = async (stored, jobId) => {
    try {
      return await read(stored, jobId);
    } catch (error) {
      return read({ ...stored, ...(await mend(queue, jobId, stored, error)) }, jobId);
    }
  };
}

/** The options of a queue's jobs if they have no others. */
export function usualOptions(queue: Queue): JobOptions {
  return (queue as unknown as InnerQueue).defaultJobOptions;
}

/** A job of a queue, or null; one that is no JSON is mended first. */
export async function readJob<Data>(queue: Queue<Data>, jobId: string): Promise<Job<Data> | null> {
  try {
    return await queue.getJob(jobId);
  } catch (error) {
    await mend(queue, jobId, await queue.client.hgetall(queue.toKey(jobId)), error);
    return queue.getJob(jobId);
  }
}

/**
 * Stores what can be read in place of what cannot, and returns it: data that say what was there, the usual options. Throws
 * the error with which the job was read if nothing of it is at fault.
 */
async function mend(
  queue: Queue,
  jobId: string,
  { data = '{}', opts = '{}' }: StoredJob,
  error: unknown,
): Promise<StoredJob> {
  const mended = {
    ...(!isJson(data) && { data: JSON.stringify({ unreadable: data }) }),
    ...(!isJson(opts, isObject) && { opts: JSON.stringify(usualOptions(queue)) }),
  };
  if (Object.keys(mended).length === 0) throw error;
  await queue.client.hset(queue.toKey(jobId), mended);
  return mended;
}

function isJson(text: string, fits: (value: unknown) => boolean = () => true): boolean {
  try {
    return fits(JSON.parse(text));
  } catch {
    return false;
  }
}

const isObject = (value: unknown) => typeof value === 'object' && value !== null;
