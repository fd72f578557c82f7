import { type Contribution, ContributionStore } from '#contributions';
import type { LeaderboardEntry } from '#contracts';
import { InjectRedis, RedisKeys, Transactions } from '#platform';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Redis } from 'ioredis';
import { ProgressStore } from '../goal/progress.store.js';
import {
  addScript,
  type LeaderboardCommands,
  replaceScript,
  versionMember,
  versionOf,
} from './leaderboard.scripts.js';

const keptSeconds = 24 * 3600;

/**
 * Who gave most to a goal: a sorted set in Redis, O(log n) a contribution. It carries the version of the goal that it
 * stands for; an update that does not follow on that version drops the set, and a reader rebuilds it from MongoDB.
 */
@Injectable()
export class Leaderboard implements OnModuleInit {
  constructor(
    @InjectRedis() private readonly redis: Redis,
    private readonly keys: RedisKeys,
    private readonly transactions: Transactions,
    private readonly contributions: ContributionStore,
    private readonly goals: ProgressStore,
  ) {}

  onModuleInit(): void {
    this.redis.defineCommand('addToLeaderboard', { numberOfKeys: 1, lua: addScript });
    this.redis.defineCommand('replaceLeaderboard', { numberOfKeys: 1, lua: replaceScript });
  }

  /** Adds what a version of the goal has brought. */
  async add(goalId: string, contributions: Contribution[], version: number): Promise<void> {
    const pairs = contributions.flatMap(({ user_id, amount }) => [user_id, amount]);
    await this.commands.addToLeaderboard(this.keyOf(goalId), version, ...pairs);
  }

  /** A page of the leaderboard, of a goal that is at this version at least; places from `offset` on. */
  async page(goalId: string, version: number, offset: number, limit: number): Promise<LeaderboardEntry[]> {
    const key = this.keyOf(goalId);
    if (versionOf(await this.redis.zscore(key, versionMember)) < version) await this.rebuild(goalId);
    const flat = await this.redis.zrange(
      key,
      '+inf',
      1,
      'BYSCORE',
      'REV',
      'LIMIT',
      offset,
      limit,
      'WITHSCORES',
    );
    return Array.from({ length: flat.length / 2 }, (_, index) => ({
      rank: offset + index + 1,
      user_id: flat[2 * index] ?? '',
      amount: Number(flat[2 * index + 1]),
    }));
  }

  private async rebuild(goalId: string): Promise<void> {
    const { version, totals } = await this.transactions.run(async (transaction) => ({
      version: (await this.goals.read(goalId, transaction))?.version ?? 0,
      totals: await this.contributions.totals(goalId, transaction),
    }));
    const pairs = totals.flatMap(({ userId, amount }) => [userId, amount]);
    await this.commands.replaceLeaderboard(this.keyOf(goalId), version, keptSeconds, ...pairs);
  }

  private get commands(): LeaderboardCommands {
    return this.redis as unknown as LeaderboardCommands;
  }

  private keyOf(goalId: string): string {
    return this.keys.of('leaderboard', goalId);
  }
}
