import type { JobOptions, Queue } from 'bull';

/**
 * Adds a job under an id that says what it is about. One of that id that waits or runs stays as it is; a dead one makes room,
 * since Bull would take no other one of its id for as long as it keeps it.
 */
export async function addOrReplaceFailed<Data>(
  queue: Queue<Data>,
  name: string,
  data: Data,
  options: JobOptions & { jobId: string },
): Promise<void> {
  const job = await queue.add(name, data, options);
  if (!(await job.isFailed())) return;
  // It cannot be removed where somebody else has put it back to work meanwhile.
  await job.remove().catch(() => undefined);
  await queue.add(name, data, options);
}
