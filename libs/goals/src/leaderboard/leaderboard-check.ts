import { InjectRedis } from '#platform';
import { Injectable } from '@nestjs/common';
import type { Redis } from 'ioredis';
import { LeaderboardKeys, versionMember, versionOf } from './leaderboard.scripts.js';

const membersPerRead = 1_000;

/** Compares leaderboards with what was given, for reconcile. */
@Injectable()
export class LeaderboardCheck {
  constructor(
    @InjectRedis() private readonly redis: Redis,
    private readonly keys: LeaderboardKeys,
  ) {}

  /** Those of these goals that have a leaderboard. */
  async existing(goalIds: string[]): Promise<Set<string>> {
    const counts = await Promise.all(goalIds.map((goalId) => this.redis.exists(this.keys.of(goalId).board)));
    return new Set(goalIds.filter((_, index) => counts[index] === 1));
  }

  /**
   * Whether the leaderboard of a goal shows what the goal never had. `read` says at which version the goal is and what was given
   * in all. A leaderboard that is behind is made anew by its next reader; one that changes during the look follows its goal.
   */
  async isWrong(goalId: string, read: () => Promise<{ version: number; total: number }>): Promise<boolean> {
    const { board } = this.keys.of(goalId);
    const shown = versionOf(await this.redis.zscore(board, versionMember));
    if (shown < 0) return false;
    // Read after the leaderboard, the goal can only be further.
    const { version, total } = await read();
    if (shown !== version) return shown > version;
    let sum = 0;
    for (let from = 0; ; from += membersPerRead) {
      const flat = await this.redis.zrange(board, from, from + membersPerRead - 1, 'WITHSCORES');
      for (let index = 0; index < flat.length; index += 2)
        if (flat[index] !== versionMember) sum += Number(flat[index + 1]);
      if (flat.length < 2 * membersPerRead) break;
    }
    const isSame = versionOf(await this.redis.zscore(board, versionMember)) === shown;
    return isSame && sum !== total;
  }

  /** Drops the leaderboard of a goal. */
  async drop(goalId: string): Promise<void> {
    const { board, waiting } = this.keys.of(goalId);
    await Promise.all([this.redis.unlink(board), this.redis.unlink(waiting)]);
  }
}
