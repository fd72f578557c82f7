import { readClusterUrl } from './cluster-url.js';

const oldestMajor = 7;

/**
 * Why goalpost cannot work with the Redis at this place, by its answer to `INFO server`, and what to do; undefined where it
 * can. Every Valkey can: for Redis it passes as a 7.2.
 */
export function redisMisfit(where: string, info: string): string | undefined {
  const version = /^redis_version:(\S+)/m.exec(info)?.[1];
  if (version === undefined || /^valkey_version:/m.test(info)) return undefined;
  if (Number.parseInt(version, 10) >= oldestMajor) return undefined;
  return `Redis at ${where} is ${version}, and goalpost needs Redis ${oldestMajor} or newer, or Valkey: upgrade it.`;
}

/** What is to be feared of a Redis with these settings, and what to do; undefined where they are well. */
export function keepsNothing(where: string, settings: Record<string, string>): string | undefined {
  if (settings.appendonly !== 'no' || settings.save !== '') return undefined;
  return `Redis at ${where} keeps nothing on disk: jobs are lost when it restarts. Set appendonly yes.`;
}

/** The hosts of a REDIS_URL, without what lets one in. */
export function redisHosts(url: string): string {
  const cluster = readClusterUrl(url);
  return cluster ? cluster.nodes.map(({ host, port }) => `${host}:${port}`).join(',') : new URL(url).host;
}
