import { PermanentError } from '../queues/backoff.js';
import type { BatchOutcome } from './batcher.js';

/** What a server answers that refuses a call for what is in it; any other status concerns every call. */
const refusals = new Set([400, 413, 422]);

/** The error that an answer of this status stands for: one of `PermanentError` where the content of the call is at fault. */
export function answerError(status: number, message: string): Error {
  return refusals.has(status) ? new PermanentError(message) : new Error(message);
}

/**
 * Sends items in one call, with an outcome for each. A call that is refused for what is in it (PermanentError) is made
 * again for each half of the items, in their order, until those at fault are alone. After any other error nothing more is
 * sent: it is the outcome of all that are left.
 */
export async function sendDivided<Item>(
  items: Item[],
  send: (items: Item[]) => Promise<void>,
): Promise<BatchOutcome<void>[]> {
  try {
    await send(items);
    return items.map(() => ({ value: undefined }));
  } catch (fault) {
    const error = fault instanceof Error ? fault : new Error(String(fault));
    if (items.length <= 1 || !(error instanceof PermanentError)) return items.map(() => ({ error }));
  }
  const middle = Math.ceil(items.length / 2);
  const first = await sendDivided(items.slice(0, middle), send);
  const others = items.slice(middle);
  const stop = first.find((outcome) => 'error' in outcome && !(outcome.error instanceof PermanentError));
  return [...first, ...(stop ? others.map(() => stop) : await sendDivided(others, send))];
}
