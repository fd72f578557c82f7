import { setTimeout } from 'node:timers/promises';
import { Injectable, Logger, type OnApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { InjectConnection } from '@nestjs/mongoose';
import type { Connection } from 'mongoose';
import { withTimeout } from '../problem/outage.js';

const measuredEveryMs = 5_000;
const answeredWithinMs = 1_200;

/** A larger difference is logged. */
const worthALineMs = 1_000;

/** A timer may wake so much too early. */
const earliestMs = 15_000;

/** The server reports its time in whole milliseconds. */
const resolutionMs = 1;

/**
 * The clock of all processes: that of MongoDB's primary. All timing is decided by it, so that the clocks of the machines need
 * not agree. Between two measurements it advances steadily, whatever is done to the clock of this machine; while the server
 * cannot be reached it continues from the last measurement, before the first one from the time of this machine.
 */
@Injectable()
export class Clock implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(Clock.name);
  /** Added to the time since this process started. */
  private offsetMs = Date.now() - performance.now();
  private timer?: NodeJS.Timeout;

  constructor(@InjectConnection() private readonly connection: Connection) {}

  /** The current time. */
  now(): Date {
    return new Date(performance.now() + this.offsetMs);
  }

  /** Milliseconds until a moment; negative if it has passed. */
  msUntil(moment: Date): number {
    return moment.getTime() - this.now().getTime();
  }

  /**
   * Waits for the moment of a timer: Bull wakes it by the clock of any worker, which may be ahead. Returns false for one that
   * is far ahead, which is left to a sweep so that it holds up none that is due.
   */
  async reaches(moment: Date): Promise<boolean> {
    const early = this.msUntil(moment);
    if (early > earliestMs) return false;
    if (early > 0) await setTimeout(early);
    return true;
  }

  /** Measures the server's clock once the process is connected, then regularly. */
  async onApplicationBootstrap(): Promise<void> {
    await this.measure().catch((error: unknown) => this.logger.warn(`MongoDB's clock: ${String(error)}`));
    const aheadMs = Date.now() - this.now().getTime();
    if (Math.abs(aheadMs) > worthALineMs)
      this.logger.warn(
        `The clock of this machine is ${aheadMs} ms ahead of MongoDB's, which is the one that counts.`,
      );
    // A failed measurement changes nothing; the next one may succeed.
    this.timer = setInterval(() => void this.measure().catch(() => undefined), measuredEveryMs).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  /** The server read its clock at some time between request and reply; only an offset outside that interval is corrected. */
  private async measure(): Promise<void> {
    const askedAt = performance.now();
    const { localTime } = await withTimeout(answeredWithinMs, this.hello(), 'MongoDB did not answer');
    const halfMs = (performance.now() - askedAt) / 2;
    const offsetMs = localTime.getTime() - askedAt - halfMs;
    if (Math.abs(offsetMs - this.offsetMs) > halfMs + resolutionMs) this.offsetMs = offsetMs;
  }

  private async hello(): Promise<{ localTime: Date }> {
    if (!this.connection.db) throw new Error('not connected to MongoDB');
    return (await this.connection.db.command({ hello: 1 })) as { localTime: Date };
  }
}
