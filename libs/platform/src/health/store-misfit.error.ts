/** A store answers, but goalpost cannot work with it. The message is one line: what is wrong, where, and what to do. */
export class StoreMisfitError extends Error {
  override name = 'StoreMisfitError';
}
