/** A failure that no further try can mend; whoever sees it stops trying. */
export class PermanentError extends Error {
  override name = 'PermanentError';
}

/**
 * A job names something that this process does not know, such as a goal class of another release. It is put back and waits
 * for a process that does, without using up a try.
 */
export class UnknownJobError extends Error {
  override name = 'UnknownJobError';
  /** Bull keeps the stack of every try with the job; this one may be tried for days. */
  override stack = '';
}

const longestWait = 60_000;

/** Milliseconds to wait after the n-th failed try: doubles up to a minute; half of it is chance, so that a crowd spreads. */
export function backoff(failedTries: number, baseMs: number, chance = Math.random()): number {
  const full = Math.min(longestWait, baseMs * 2 ** (failedTries - 1));
  return Math.max(1, Math.round(full * (0.5 + chance / 2)));
}

/** What a process does not know waits as long as after so many failed tries: up to a minute with the usual backoff. */
const triesOfUnknown = 9;

/** Bull's name for our strategy; -1 tells it to give up. */
export const jittered = 'jittered';

/** The strategy as Bull calls it. */
export function backoffStrategy(baseMs: number) {
  return (failedTries: number, error: Error): number => {
    if (error instanceof PermanentError) return -1;
    return backoff(error instanceof UnknownJobError ? triesOfUnknown : failedTries, baseMs);
  };
}
