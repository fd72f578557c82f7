import { LeaderboardKeys, memberOf } from '#goals';
import { InjectRedis, RedisKeys } from '#platform';
import { Injectable } from '@nestjs/common';
import type { Redis } from 'ioredis';
import { type ErasedUser, withoutUser } from './personal-data.js';

/** KEYS: a hash. ARGV: field, value as it was read, value to set. A value that has changed meanwhile stays. */
const setIfSame = `
if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return 1`;

const busyEveryMs = 5_000;

/** A kind of keys that may hold something about people, by how they begin, and how a user is taken out of one. */
interface KeyKind {
  begin: string;
  erase: (key: string, user: ErasedUser) => Promise<void>;
}

/** Takes a user out of Redis. What is there is on its way, or is made of MongoDB again: it is never exported. */
@Injectable()
export class RedisValues {
  /** Every kind of keys with something about people; the others hold ids of goals, sessions and events alone. */
  private readonly kinds: KeyKind[];

  constructor(
    @InjectRedis() private readonly redis: Redis,
    private readonly keys: RedisKeys,
    private readonly leaderboards: LeaderboardKeys,
  ) {
    this.kinds = [
      // Jobs of Bull.
      { begin: `${keys.queues}:`, erase: (key, user) => this.eraseInHash(key, user) },
      // Progress that waits to be sent to screens.
      { begin: keys.of('published', ''), erase: (key, user) => this.eraseInHash(key, user) },
      { begin: keys.of('leaderboard', ''), erase: (key, user) => this.dropLeaderboard(key, user) },
      { begin: keys.of('idempotency', ''), erase: (key, user) => this.forgetResponse(key, user) },
      { begin: keys.of('channel-data', ''), erase: (key, user) => this.dropNamed(key, user) },
      { begin: keys.of('limit', ''), erase: (key, user) => this.dropNamed(key, user) },
      { begin: keys.of('realtime', 'recorded'), erase: (key, user) => this.eraseInList(key, user) },
    ];
  }

  /** Looks at every key once, and says now and then that it is at it. May be repeated. */
  async erase(user: ErasedUser, sayBusy: () => Promise<unknown>): Promise<void> {
    let saidAt = performance.now();
    for await (const found of this.keys.scan(this.redis)) {
      await Promise.all(found.map((key) => this.eraseFrom(key, user)));
      if (performance.now() - saidAt < busyEveryMs) continue;
      await sayBusy();
      saidAt = performance.now();
    }
  }

  private async eraseFrom(key: string, user: ErasedUser): Promise<void> {
    await this.kinds.find(({ begin }) => key.startsWith(begin))?.erase(key, user);
  }

  private async eraseInHash(key: string, user: ErasedUser): Promise<void> {
    // Bull's lists have the same beginning.
    const fields = await this.redis.hgetall(key).catch(() => ({}));
    for (const [field, value] of Object.entries(fields)) {
      if (!mentions(value, user)) continue;
      const next =
        field === 'failedReason' ? 'erased' : field === 'stacktrace' ? '[]' : rewritten(value, user);
      if (next !== value) await this.redis.eval(setIfSame, 1, key, field, value, next);
    }
  }

  /** A leaderboard is made anew of MongoDB; what is made of it right now is not to take its place. */
  private async dropLeaderboard(board: string, { userId }: ErasedUser): Promise<void> {
    const scores = await Promise.all(
      [false, true].map((isAnonymous) => this.redis.zscore(board, memberOf(userId, isAnonymous))),
    );
    if (scores.every((score) => score === null)) return;
    const { lock, waiting } = this.leaderboards.of(board.slice(this.keys.of('leaderboard', '').length));
    await Promise.all([lock, board, waiting].map((key) => this.redis.unlink(key)));
  }

  /** The user's own keys go, and answers to others that say something of the user. */
  private async forgetResponse(key: string, user: ErasedUser): Promise<void> {
    const own = this.keys.of('idempotency', Buffer.from(user.userId).toString('base64url'), '');
    const isToGo = key.startsWith(own) || mentions((await this.redis.get(key)) ?? '', user);
    if (isToGo) await this.redis.unlink(key);
  }

  private async dropNamed(key: string, { userId }: ErasedUser): Promise<void> {
    if (key.endsWith(`:${userId}`)) await this.redis.unlink(key);
  }

  private async eraseInList(key: string, user: ErasedUser): Promise<void> {
    for (const line of await this.redis.lrange(key, 0, -1))
      if (mentions(line, user)) await this.redis.lrem(key, 0, line);
  }
}

const mentions = (text: string, { userId }: ErasedUser) => text.includes(JSON.stringify(userId).slice(1, -1));

function rewritten(text: string, user: ErasedUser): string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return text;
  }
  const next = withoutUser(value, user);
  return next === value ? text : JSON.stringify(next);
}
