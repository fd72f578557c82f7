import type { Job, JobOptions, Queue } from 'bull';

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
 * as soon as its lock has run out. Here it is mended and then comes like any other.
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

/** The options of a queue's jobs where nobody sets others. */
export function usualOptions(queue: Queue): JobOptions {
  return (queue as unknown as InnerQueue).defaultJobOptions;
}

/** A job of a queue, null where there is none; one that is no JSON is mended first. */
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
 * the error with which the job was read where nothing of it is at fault.
 */
async function mend(
  queue: Queue,
  jobId: string,
  { data = '{}', opts = '{}' }: StoredJob,
  error: unknown,
): Promise<StoredJob> {
  const mended = {
    ...(!isJson(data) && { data: JSON.stringify({ unreadable: data }) }),
    ...(!isJson(opts, isObject) && {
      opts: JSON.stringify(usualOptions(queue)),
    }),
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
