import { setTimeout } from 'node:timers/promises';
import type { Logger } from '@nestjs/common';
import { OperatorError, reasonOf } from './fault-line.js';
import { IncompatibleStoreError } from './outage.js';

const againEveryMs = 1_000;
const sayEveryMs = 10_000;

/** A store, as a boot waits for it. */
export interface WaitedFor {
  /** Such as `MongoDB at 10.0.0.1:27017`. */
  name: string;
  /** How long to wait, in milliseconds. */
  withinMs: number;
  logger: Logger;
  /** Aborted if the boot ends for another reason; then nothing more is said. */
  signal: AbortSignal;
  /** Tries to reach it, for the first, second, … time. */
  reach: (tries: number) => Promise<void>;
}

/**
 * Waits for a store that cannot be reached, and logs every ten seconds which one and why. Throws an OperatorError that says the
 * same once the time is over, and an IncompatibleStoreError at once if the store answers and is not suitable.
 */
export async function waitForStore({ name, withinMs, logger, signal, reach }: WaitedFor): Promise<void> {
  const began = performance.now();
  let said = -Infinity;
  for (let tries = 1; ; tries++) {
    try {
      await reach(tries);
      if (tries > 1) logger.log(`${name} answers`);
      return;
    } catch (error) {
      if (signal.aborted || error instanceof IncompatibleStoreError) throw error;
      const now = performance.now();
      const line = `${name} is out of reach: ${reasonOf(error)}`;
      if (now - began + againEveryMs > withinMs) throw new OperatorError(line);
      // Who waits for a limited time gets the same line at its end.
      if (withinMs === Infinity && now - said >= sayEveryMs) {
        logger.error(`${line}; waiting for it`);
        said = now;
      }
      await setTimeout(againEveryMs, undefined, { signal });
    }
  }
}
