import { Injectable, Logger, type OnApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { InjectConnection } from '@nestjs/mongoose';
import type { Connection } from 'mongoose';
import { within } from '../patience/within.js';

const measuredEveryMs = 5_000;
const answeredWithinMs = 1_200;

/** From this difference on the operator should know. */
const worthALineMs = 1_000;

/** The server says its time in whole milliseconds. */
const resolutionMs = 1;

/**
 * The one clock of all processes: that of MongoDB's primary. What happens in time is decided by it, so that an api, a worker
 * and their machines need not agree on the hour. Between two looks at the server it goes on evenly, whatever is done to the
 * clock of this machine; while the server cannot be reached it goes on by the last look, before the first by this machine.
 */
@Injectable()
export class Clock implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(Clock.name);
  /** What is to be added to the time since this process began. */
  private offsetMs = Date.now() - performance.now();
  private timer?: NodeJS.Timeout;

  constructor(@InjectConnection() private readonly connection: Connection) {}

  /** What time it is. */
  now(): Date {
    return new Date(performance.now() + this.offsetMs);
  }

  /** How many milliseconds it is until a moment; less than 0 where that has passed. */
  msUntil(moment: Date): number {
    return moment.getTime() - this.now().getTime();
  }

  /** Looks at the server's clock once the process is connected, and goes on looking. */
  async onApplicationBootstrap(): Promise<void> {
    await this.measure().catch((error: unknown) => this.logger.warn(`MongoDB's clock: ${String(error)}`));
    const aheadMs = Date.now() - this.now().getTime();
    if (Math.abs(aheadMs) > worthALineMs)
      this.logger.warn(
        `The clock of this machine is ${aheadMs} ms ahead of MongoDB's, which is the one that counts.`,
      );
    // A look that fails changes nothing; the next one may not.
    this.timer = setInterval(() => void this.measure().catch(() => undefined), measuredEveryMs).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  /** The answer was made somewhere between question and receipt; only a clock that is outside of that is set. */
  private async measure(): Promise<void> {
    const askedAt = performance.now();
    const { localTime } = await within(answeredWithinMs, this.hello(), 'MongoDB did not answer');
    const halfMs = (performance.now() - askedAt) / 2;
    const offsetMs = localTime.getTime() - askedAt - halfMs;
    if (Math.abs(offsetMs - this.offsetMs) > halfMs + resolutionMs) this.offsetMs = offsetMs;
  }

  private async hello(): Promise<{ localTime: Date }> {
    if (!this.connection.db) throw new Error('not connected to MongoDB');
    return (await this.connection.db.command({ hello: 1 })) as { localTime: Date };
  }
}
