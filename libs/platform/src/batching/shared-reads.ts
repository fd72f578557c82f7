import { KeyedBatcher } from './batcher.js';

/** How long a read may take: one that never ends would hold up all later ones. */
const timeoutMs = 2_000;

/**
 * Has reads with the same key that are asked for together made once. Nobody gets the result of a read that had begun before
 * they asked, since that may not show what they have just written.
 */
export class SharedReads<Result> {
  private readonly reads = new KeyedBatcher<() => Promise<Result>, Result>(
    async (_, [read, ...others]) => {
      const value = await read!();
      return [read, ...others].map(() => ({ value }));
    },
    { size: Infinity, timeoutMs },
  );

  /** The result of a read that begins now, or as soon as the one that runs has ended. */
  read(key: string, work: () => Promise<Result>): Promise<Result> {
    return this.reads.add(key, work);
  }
}
