/** A failure that no further try can mend; whoever sees it stops trying. */
export class PermanentError extends Error {
  override name = 'PermanentError';
}

const longestWait = 60_000;

/** Milliseconds to wait after the n-th failed try: doubles up to a minute; half of it is chance, so that a crowd spreads. */
export function backoff(failedTries: number, baseMs: number, chance = Math.random()): number {
  const full = Math.min(longestWait, baseMs * 2 ** (failedTries - 1));
  return Math.max(1, Math.round(full * (0.5 + chance / 2)));
}

/** Bull's name for our strategy; -1 tells it to give up. */
export const jittered = 'jittered';

/** The strategy as Bull calls it. */
export function backoffStrategy(baseMs: number) {
  return (failedTries: number, error: Error): number =>
    error instanceof PermanentError ? -1 : backoff(failedTries, baseMs);
}
