/** So many requests in so many seconds. */
export interface Quota {
  requests: number;
  seconds: number;
}

/** Whose requests are counted: those from one address, of one user, of one service or admin. */
export const limited = ['address', 'user', 'service'] as const;
export type Limited = (typeof limited)[number];

/** The quota of each; what has none is not limited. */
export type RateLimits = Partial<Record<Limited, Quota>>;

const part = /^(address|user|service)=(\d{1,9})\/(\d{1,5})s$/;

/** Reads `user=100/10s,address=500/10s`, or `off`. Throws where the text is neither. */
export function readRateLimits(text: string): RateLimits {
  if (text === 'off') return {};
  const quotas = text.split(',').map((one): [Limited, Quota] => {
    const [, name, requests, seconds] = part.exec(one.trim()) ?? [];
    const quota = { requests: Number(requests), seconds: Number(seconds) };
    // NaN, where nothing matched, is at least nothing either.
    if (!(quota.requests >= 1 && quota.seconds >= 1))
      throw new Error(`needs to be off, or a list such as user=100/10s of ${limited.join(', ')}`);
    return [name as Limited, quota];
  });
  return Object.fromEntries(quotas);
}
