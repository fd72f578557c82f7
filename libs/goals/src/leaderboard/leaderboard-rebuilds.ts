import { ContributionStore, type Contributor } from '#contributions';
import { InjectRedis, Transactions } from '#platform';
import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common';
import type { Redis } from 'ioredis';
import { randomUUID } from 'node:crypto';
import { ProgressStore } from '../goal/progress.store.js';
import {
  type LeaderboardCommands,
  leaderboardCommands,
  LeaderboardKeys,
  memberOf,
  versionMember,
  versionOf,
} from './leaderboard.scripts.js';

const keptSeconds = 24 * 3600;
/** How long a rebuild is believed to go on whose process does not say so any more. */
const leaseMs = 5_000;
const freshSeconds = 60;
const contributorsPerCommand = 500;

/**
 * Rebuilds leaderboards from MongoDB, one rebuild at a time for a goal over all processes. It is built beside the one that
 * stands, contributor by contributor and in bounded commands, so that neither memory nor event loop feels a crowd.
 */
@Injectable()
export class LeaderboardRebuilds implements BeforeApplicationShutdown {
  private readonly commands: LeaderboardCommands;
  private readonly underWay = new Map<string, Promise<boolean>>();
  private isStopping = false;

  constructor(
    @InjectRedis() private readonly redis: Redis,
    private readonly keys: LeaderboardKeys,
    private readonly transactions: Transactions,
    private readonly contributions: ContributionStore,
    private readonly goals: ProgressStore,
  ) {
    this.commands = leaderboardCommands(redis);
  }

  /**
   * Begins a rebuild, or joins the one of this process, and says whether it came to an end here; false if another process
   * does it. Does nothing if the leaderboard has come to this version meanwhile. Throws if it fails.
   */
  begin(goalId: string, version: number): Promise<boolean> {
    const known = this.underWay.get(goalId);
    if (known) return known;
    if (this.isStopping) return Promise.resolve(false);
    const begun = this.rebuild(goalId, version).finally(() => this.underWay.delete(goalId));
    this.underWay.set(goalId, begun);
    return begun;
  }

  /** Gives up what is under way; another process begins it again. */
  async beforeApplicationShutdown(): Promise<void> {
    this.isStopping = true;
    await Promise.allSettled(this.underWay.values());
  }

  private async rebuild(goalId: string, wanted: number): Promise<boolean> {
    const { board, waiting, lock, fresh: freshOf } = this.keys.of(goalId);
    const token = randomUUID();
    const fresh = freshOf(token);
    if ((await this.redis.set(lock, token, 'PX', leaseMs, 'NX')) === null) return false;
    const renewal = setInterval(() => {
      this.redis.pexpire(lock, leaseMs).catch(() => undefined);
    }, leaseMs / 4);
    try {
      // Who held the lock a moment ago may have made it.
      if (versionOf(await this.redis.zscore(board, versionMember)) >= wanted) return true;
      // What is given from now on waits beside, and comes on top of what this moment shows.
      const version = await this.transactions.snapshot(async (session) => {
        const seen = await this.goals.version(goalId, session);
        const fill = (pairs: (string | number)[]) =>
          this.commands.fillLeaderboard(fresh, lock, token, freshSeconds, ...pairs);
        return (await this.fillAll(this.contributions.totals(goalId, session), fill)) ? seen : undefined;
      });
      if (version === undefined) return false;
      const install = [board, waiting, lock, fresh, token, version, keptSeconds] as const;
      return (await this.commands.installLeaderboard(...install)) === 1;
    } finally {
      clearInterval(renewal);
      // If this fails, the lease of the lock ends.
      await this.commands.endRebuild(lock, fresh, token).catch(() => undefined);
    }
  }

  /** Hands contributors on, so many at a time; false if the rebuild is not this process's any more, or it stops. */
  private async fillAll(
    contributors: AsyncIterable<Contributor>,
    fill: (pairs: (string | number)[]) => Promise<0 | 1>,
  ): Promise<boolean> {
    let pairs: (string | number)[] = [];
    for await (const { userId, isAnonymous, amount } of contributors) {
      pairs.push(amount, memberOf(userId, isAnonymous));
      if (pairs.length < 2 * contributorsPerCommand) continue;
      if (this.isStopping || !(await fill(pairs))) return false;
      pairs = [];
    }
    return pairs.length === 0 || (await fill(pairs)) === 1;
  }
}
