import { setTimeout as delay } from 'node:timers/promises';

/** What is waited for, for how long, and what may call the waiting off. */
export interface Waiting {
  what: string;
  withinMs: number;
  everyMs?: number;
  signal?: AbortSignal;
}

/** Asks again and again until the answer is yes; an asking that throws counts as no. */
export async function until(check: () => Promise<boolean>, waiting: Waiting): Promise<void> {
  const { what, withinMs, everyMs = 100, signal } = waiting;
  const giveUpAt = Date.now() + withinMs;
  let lastError: unknown;
  for (;;) {
    signal?.throwIfAborted();
    try {
      if (await check()) return;
    } catch (error) {
      lastError = error;
    }
    if (Date.now() > giveUpAt) {
      const why = lastError instanceof Error ? `: ${lastError.message}` : '';
      throw new Error(`waited ${withinMs / 1000} s in vain for ${what}${why}`, { cause: lastError });
    }
    await delay(everyMs, undefined, { signal });
  }
}
