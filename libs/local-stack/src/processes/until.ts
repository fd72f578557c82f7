import { setTimeout as delay } from 'node:timers/promises';

/** What to wait for and for how long; the signal ends the waiting. */
export interface Waiting {
  what: string;
  withinMs: number;
  everyMs?: number;
  signal?: AbortSignal;
}

/** Polls until the check returns true; a check that throws counts as false. */
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
      throw new Error(`waited ${withinMs / 1000} s for ${what}${why}`, { cause: lastError });
    }
    await delay(everyMs, undefined, { signal });
  }
}
