import type { Job } from 'bull';
import { PermanentError } from './backoff.js';

/** Whether a job that fails with this error now will not be tried again. */
export function isLastTry(job: Job, error: Error): boolean {
  return error instanceof PermanentError || job.attemptsMade + 1 >= (job.opts.attempts ?? 1);
}

/** Whether somebody put a dead job back into its queue. Bull stamps such a job; its types do not say so. */
export function wasDead(job: Job): boolean {
  return (job as Job & { retriedOn?: number }).retriedOn !== undefined;
}
