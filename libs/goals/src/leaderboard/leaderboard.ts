import type { LeaderboardEntry } from '#contracts';
import { InjectRedis, unavailable } from '#platform';
import { Injectable } from '@nestjs/common';
import type { Redis } from 'ioredis';
import { setTimeout } from 'node:timers/promises';
import { LeaderboardRebuilds } from './leaderboard-rebuilds.js';
import {
  type LeaderboardCommands,
  leaderboardCommands,
  giverOf,
  LeaderboardKeys,
  memberOf,
  versionOf,
} from './leaderboard.scripts.js';

/** How long a reader waits for the leaderboard; with what else a request does it stays below the deadline of answers. */
const timeoutMs = 1_000;
const lookEveryMs = 40;
/** What is behind its goal usually lacks an addition that is on its way. */
const graceMs = 100;

/** An amount that comes to the sum of a giver, or goes from it if it is negative. */
export interface LeaderboardChange {
  user_id: string;
  anonymous?: boolean;
  amount: number;
}

/** What a version of a goal has brought. */
export interface LeaderboardAddition {
  goalId: string;
  changes: LeaderboardChange[];
  version: number;
}

/** A place in a leaderboard, with its giver, also if the giver is anonymous. */
export type Place = LeaderboardEntry & { user_id: string };

/**
 * Who gave most to a goal: a sorted set in Redis, O(log n) a contribution. It carries the version of the goal that it
 * stands for; a reader that finds none, or one that stays behind the goal, has it rebuilt from MongoDB.
 */
@Injectable()
export class Leaderboard {
  private readonly commands: LeaderboardCommands;

  constructor(
    @InjectRedis() private readonly redis: Redis,
    private readonly keys: LeaderboardKeys,
    private readonly rebuilds: LeaderboardRebuilds,
  ) {
    this.commands = leaderboardCommands(redis);
  }

  /** Adds what versions of goals have brought, a batch at most. May come out of order, and twice. */
  async add(additions: LeaderboardAddition[]): Promise<void> {
    // Whoever makes a leaderboard after this look reads what is added here from MongoDB.
    if (await this.isNoneOf(additions)) return;
    await Promise.all(additions.map((addition) => this.addOne(addition)));
  }

  /** Whether it is certain that none of these goals has a leaderboard, nor is having one made. */
  private async isNoneOf(additions: LeaderboardAddition[]): Promise<boolean> {
    // The keys of a cluster are not in one place.
    if (additions.length < 2 || this.redis.isCluster) return false;
    const keys = additions.flatMap(({ goalId }) => {
      const { board, lock } = this.keys.of(goalId);
      return [board, lock];
    });
    return (await this.redis.exists(keys)) === 0;
  }

  private async addOne({ goalId, changes, version }: LeaderboardAddition): Promise<void> {
    const { board, waiting, lock } = this.keys.of(goalId);
    const pairs = changes.flatMap(({ user_id, anonymous = false, amount }) => [
      memberOf(user_id, anonymous),
      amount,
    ]);
    await this.commands.addToLeaderboard(board, waiting, lock, version, ...pairs);
  }

  /**
   * A page of the leaderboard, of a goal that is at this version at least; places from `offset` on. Throws `unavailable`
   * if it is being rebuilt and that takes longer than a request may.
   */
  async page(goalId: string, version: number, offset: number, limit: number): Promise<Place[]> {
    const { board } = this.keys.of(goalId);
    const begin = Date.now();
    for (;;) {
      const [score, flat] = await this.commands.readLeaderboard(board, offset, limit);
      if (versionOf(score) >= version) return entriesOf(flat, offset);
      const passed = Date.now() - begin;
      if (passed >= timeoutMs)
        throw unavailable('The leaderboard is being made anew.', {}, { 'retry-after': '1' });
      const mayCatchUp = score !== null && passed < graceMs;
      const isMade =
        !mayCatchUp &&
        (await Promise.race([this.rebuilds.begin(goalId, version), setTimeout(timeoutMs - passed, false)]));
      if (!isMade) await setTimeout(lookEveryMs);
    }
  }
}

function entriesOf(flat: string[], offset: number): Place[] {
  return Array.from({ length: flat.length / 2 }, (_, index) => ({
    rank: offset + index + 1,
    ...giverOf(flat[2 * index] ?? ''),
    amount: Number(flat[2 * index + 1]),
  }));
}
