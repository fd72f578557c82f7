import { overloaded } from '#platform';
import { Injectable } from '@nestjs/common';
import { CreateGoalQueue } from '../goal/create-goal.queue.js';
import { GoalsConfig } from '../goals.config.js';

const lookEveryMs = 1000;
const comeAgainAfterSeconds = '5';

/** Refuses goals while more of them wait, or for longer, than the stores can bear or a client will wait. */
@Injectable()
export class Backlog {
  private readonly most: GoalsConfig['backlog'];
  private lookedAt = 0;
  private excess?: string;

  constructor(
    private readonly queue: CreateGoalQueue,
    { backlog }: GoalsConfig,
  ) {
    this.most = backlog;
  }

  /** Throws a 503 problem while the backlog is too long, by a look that may be a second old: no request waits for one. */
  assertBearable(now = Date.now()): void {
    if (now - this.lookedAt >= lookEveryMs) {
      this.lookedAt = now;
      void this.look();
    }
    if (this.excess) throw overloaded(this.excess, {}, { 'retry-after': comeAgainAfterSeconds });
  }

  private async look(): Promise<void> {
    // Who cannot look knows of no backlog; what is behind it shows in the request itself.
    const { jobs, since } = await this.queue.waiting().catch(() => ({ jobs: 0, since: undefined }));
    const seconds = since === undefined ? 0 : (Date.now() - since) / 1000;
    if (jobs > this.most.jobs) this.excess = 'Too many accepted goals wait to be created.';
    else if (seconds > this.most.seconds) this.excess = 'Accepted goals wait too long to be created.';
    else this.excess = undefined;
  }
}
