import { setTimeout } from 'node:timers/promises';

/** What the promise resolves to; throws where that takes longer. */
export async function within<Value>(ms: number, promise: Promise<Value>, complaint: string): Promise<Value> {
  const patience = new AbortController();
  const late = setTimeout(ms, undefined, { signal: patience.signal }).then(() => {
    throw new Error(`${complaint} within ${ms} ms`);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    late.catch(() => undefined);
    patience.abort();
  }
}
