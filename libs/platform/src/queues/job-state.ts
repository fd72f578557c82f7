import type { Job } from 'bull';
import { jittered, PermanentError, UnknownJobError } from './backoff.js';

/** Whether a job that fails with this error now will not be tried again. */
export function isLastTry(job: Job, error: Error): boolean {
  if (error instanceof UnknownJobError) return false;
  return error instanceof PermanentError || job.attemptsMade + 1 >= (job.opts.attempts ?? 1);
}

/** Bull stamps a dead job that somebody put back into its queue; its types do not say so. */
function retriedOn(job: Job): number | undefined {
  return (job as Job & { retriedOn?: number }).retriedOn;
}

/** Whether somebody put a dead job back into its queue. */
export function wasReplayed(job: Job): boolean {
  return retriedOn(job) !== undefined;
}

/** Tells one death of a job from another: the same for all tries since it was queued, or put back the last time. */
export function failureId(job: Job): string {
  return String(retriedOn(job) ?? job.timestamp);
}

/** A job does not die unnoted: where its death cannot be told, as in an outage, it is given one more try. */
export async function reportFinalFailure(
  job: Job,
  error: Error,
  tell: () => Promise<void> | undefined,
): Promise<void> {
  try {
    await tell();
  } catch (fault) {
    job.opts.attempts = job.attemptsMade + 2;
    throw new Error(`${error.message}; its death could not be told: ${String(fault)}`, { cause: fault });
  }
}

/** Lets the failure of a job, which Bull is told of next, use up none of its tries: it is put back and waits. */
export function postpone(job: Job): void {
  job.opts.attempts = Math.max(job.opts.attempts ?? 1, job.attemptsMade + 1);
  // Bull adds it again when it puts the job back, in one step with that.
  job.attemptsMade -= 1;
}

/** Has a job wait by our strategy, whatever its options say: one that Bull does not know would let it fail for ever. */
export function useBackoff(job: Job): void {
  job.opts.backoff = { type: jittered };
}
