import { RedisKeys } from '#platform';
import { Injectable } from '@nestjs/common';
import type { Redis } from 'ioredis';

/** Names the keys of a goal's leaderboard; all are of one slot of a cluster. */
@Injectable()
export class LeaderboardKeys {
  constructor(private readonly keys: RedisKeys) {}

  of(goalId: string) {
    const board = this.keys.of('leaderboard', goalId);
    return {
      board,
      /** Additions that wait for an earlier one, by their version. */
      waiting: this.keys.inSlotOf(board, 'waiting'),
      /** Held by the process that rebuilds the leaderboard. */
      lock: this.keys.inSlotOf(board, 'rebuild'),
      /** What a rebuild has so far. */
      fresh: (token: string) => this.keys.inSlotOf(board, token),
    };
  }
}

/**
 * The version that a leaderboard stands for is a member of its own, below all scores: version v has the score -v - 1. No
 * user is called like it, since @ is no character of a user id.
 */
export const versionMember = '@version';

/** Begins the member of a user's anonymous amounts, which is another than the user's own. */
const anonymousPrefix = '@anonymous:';

/** The member that stands for a user's amounts, or for those that are anonymous. */
export function memberOf(userId: string, isAnonymous: boolean): string {
  return isAnonymous ? anonymousPrefix + userId : userId;
}

/** The user that a member stands for, and whether it is the user's anonymous one. */
export function giverOf(member: string): { user_id: string; anonymous: boolean } {
  const anonymous = member.startsWith(anonymousPrefix);
  return { user_id: anonymous ? member.slice(anonymousPrefix.length) : member, anonymous };
}

/** The version behind the score of that member; -1 if there is no leaderboard. */
export function versionOf(score: string | null): number {
  return score === null ? -1 : -Number(score) - 1;
}

/** Additions that wait for an earlier one, or for a rebuild, at most; beyond that a rebuild is cheaper. */
const mostWaiting = 500;
const waitingSeconds = 60;

/** Adds what waits and follows on this version, one version after the other. Who has nothing left is no member any more. */
const follow = `
local function follow(board, waiting, version)
  local pairsOfNext = redis.call('HGET', waiting, version + 1)
  while pairsOfNext do
    version = version + 1
    local pairsToAdd = cjson.decode(pairsOfNext)
    for i = 1, #pairsToAdd, 2 do
      local sum = redis.call('ZINCRBY', board, pairsToAdd[i + 1], pairsToAdd[i])
      if tonumber(sum) == 0 then redis.call('ZREM', board, pairsToAdd[i]) end
    end
    redis.call('HDEL', waiting, version)
    pairsOfNext = redis.call('HGET', waiting, version + 1)
  end
  redis.call('ZADD', board, -version - 1, '${versionMember}')
end`;

/**
 * KEYS: leaderboard, waiting additions, lock of a rebuild. ARGV: version, then member and amount in turn. Adds what a version
 * brought, once and in the order of versions: what is not next waits. Nothing waits if there is no leaderboard and none is being rebuilt.
 */
const addScript = `
${follow}
if redis.call('EXISTS', KEYS[1], KEYS[3]) == 0 then return end
local score = redis.call('ZSCORE', KEYS[1], '${versionMember}')
if score and tonumber(ARGV[1]) <= -tonumber(score) - 1 then return end
if redis.call('HLEN', KEYS[2]) >= ${mostWaiting} then redis.call('UNLINK', KEYS[2]) end
redis.call('HSET', KEYS[2], ARGV[1], cjson.encode({ unpack(ARGV, 2) }))
redis.call('EXPIRE', KEYS[2], ${waitingSeconds})
if score then follow(KEYS[1], KEYS[2], -tonumber(score) - 1) end`;

/** KEYS: leaderboard. ARGV: offset, limit. Returns the score of the version, and members and amounts in turn. */
const readScript = `
return {
  redis.call('ZSCORE', KEYS[1], '${versionMember}'),
  redis.call('ZRANGE', KEYS[1], '+inf', 1, 'BYSCORE', 'REV', 'LIMIT', ARGV[1], ARGV[2], 'WITHSCORES')
}`;

/** KEYS: fresh set, lock. ARGV: token, seconds, then total and member in turn. Adds to the set; 0 if another process holds the lock. */
const fillScript = `
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
redis.call('ZADD', KEYS[1], unpack(ARGV, 3))
redis.call('EXPIRE', KEYS[1], ARGV[2])
return 1`;

/**
 * KEYS: leaderboard, waiting additions, lock, fresh set. ARGV: token, version of the fresh set, seconds to keep. Puts the
 * fresh set in the leaderboard's place, unless that has come as far by itself, and adds what was given since.
 */
const installScript = `
${follow}
if redis.call('GET', KEYS[3]) ~= ARGV[1] then return 0 end
local version = tonumber(ARGV[2])
local score = redis.call('ZSCORE', KEYS[1], '${versionMember}')
if score and -tonumber(score) - 1 >= version then
  redis.call('UNLINK', KEYS[4])
else
  redis.call('UNLINK', KEYS[1])
  if redis.call('EXISTS', KEYS[4]) == 1 then redis.call('RENAME', KEYS[4], KEYS[1]) end
  for _, waiting in ipairs(redis.call('HKEYS', KEYS[2])) do
    if tonumber(waiting) <= version then redis.call('HDEL', KEYS[2], waiting) end
  end
  follow(KEYS[1], KEYS[2], version)
end
redis.call('EXPIRE', KEYS[1], ARGV[3])
return 1`;

/** KEYS: lock, fresh set. ARGV: token. Leaves nothing of a rebuild behind, whether it came to its end or not. */
const endScript = `
redis.call('UNLINK', KEYS[2])
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end`;

/** The scripts as commands of a connection. Lists of arguments have to be bounded: each is on the call stack once. */
export interface LeaderboardCommands {
  addToLeaderboard(
    board: string,
    waiting: string,
    lock: string,
    version: number,
    ...pairs: (string | number)[]
  ): Promise<void>;
  readLeaderboard(board: string, offset: number, limit: number): Promise<[string | null, string[]]>;
  fillLeaderboard(
    fresh: string,
    lock: string,
    token: string,
    seconds: number,
    ...pairs: (string | number)[]
  ): Promise<0 | 1>;
  installLeaderboard(
    board: string,
    waiting: string,
    lock: string,
    fresh: string,
    token: string,
    version: number,
    seconds: number,
  ): Promise<0 | 1>;
  endRebuild(lock: string, fresh: string, token: string): Promise<void>;
}

/** Makes the scripts commands of this connection. */
export function leaderboardCommands(redis: Redis): LeaderboardCommands {
  redis.defineCommand('addToLeaderboard', { numberOfKeys: 3, lua: addScript });
  redis.defineCommand('readLeaderboard', { numberOfKeys: 1, lua: readScript });
  redis.defineCommand('fillLeaderboard', { numberOfKeys: 2, lua: fillScript });
  redis.defineCommand('installLeaderboard', { numberOfKeys: 4, lua: installScript });
  redis.defineCommand('endRebuild', { numberOfKeys: 2, lua: endScript });
  return redis as unknown as LeaderboardCommands;
}
