/**
 * The version that a leaderboard stands for is a member of its own, below all scores: version v has the score -v - 1. No
 * user is called like it, since @ is no character of a user id.
 */
export const versionMember = '@version';

/** The version behind the score of that member; -1 where there is no leaderboard. */
export function versionOf(score: string | null): number {
  return score === null ? -1 : -Number(score) - 1;
}

/** ARGV: version, then user and amount in turn. Adds what follows on the version that is there; a gap drops the set. */
export const addScript = `
local kept = redis.call('ZSCORE', KEYS[1], '${versionMember}')
if not kept then return 0 end
local version = -tonumber(kept) - 1
local mine = tonumber(ARGV[1])
if mine <= version then return 0 end
if mine ~= version + 1 then return redis.call('DEL', KEYS[1]) end
for i = 2, #ARGV, 2 do redis.call('ZINCRBY', KEYS[1], ARGV[i + 1], ARGV[i]) end
redis.call('ZADD', KEYS[1], -mine - 1, '${versionMember}')
return 1`;

/** ARGV: version, seconds to keep, then user and total in turn. Puts a whole set in place of an older one. */
export const replaceScript = `
local kept = redis.call('ZSCORE', KEYS[1], '${versionMember}')
local mine = tonumber(ARGV[1])
if kept and -tonumber(kept) - 1 >= mine then return 0 end
redis.call('DEL', KEYS[1])
for i = 3, #ARGV, 2 do redis.call('ZADD', KEYS[1], ARGV[i + 1], ARGV[i]) end
redis.call('ZADD', KEYS[1], -mine - 1, '${versionMember}')
redis.call('EXPIRE', KEYS[1], ARGV[2])
return 1`;

/** The scripts as commands of the connection. */
export interface LeaderboardCommands {
  addToLeaderboard(key: string, version: number, ...pairs: (string | number)[]): Promise<number>;
  replaceLeaderboard(
    key: string,
    version: number,
    seconds: number,
    ...pairs: (string | number)[]
  ): Promise<number>;
}
