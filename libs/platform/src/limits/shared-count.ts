import type { RateLimiterRedis } from 'rate-limiter-flexible';

/** How often, at most, a process tells Redis what it counted. */
const tellEveryMs = 500;

/** So many keys are kept before those whose window is over are thrown out. */
const sweepAbove = 10_000;

interface Window {
  /** As Redis said last, or what was counted here while it said nothing. */
  counted: number;
  /** Counted here since. */
  untold: number;
  endsAt: number;
}

/**
 * Counts what several processes let through under a key in a window of time. Each decides by what it knows, and tells Redis
 * in the background: nobody waits for Redis, and while it is away each process counts alone. Together they may let pass, beyond
 * the quota, what comes within half a second.
 */
export class SharedCount {
  private readonly windows = new Map<string, Window>();
  private readonly toTell = new Map<string, Window>();
  private told = 0;
  private timer?: NodeJS.Timeout;

  constructor(private readonly redis: Pick<RateLimiterRedis, 'points' | 'duration' | 'penalty'>) {}

  /** Counts one more, but for where the quota is used up; says what is left of it and for how long. */
  take(key: string, now = Date.now()): { isGranted: boolean; left: number; endsInMs: number } {
    const window = this.windowOf(key, now);
    const left = this.redis.points - window.counted - window.untold;
    const endsInMs = window.endsAt - now;
    if (left <= 0) return { isGranted: false, left: 0, endsInMs };
    window.untold += 1;
    this.toTell.set(key, window);
    this.timer ??= setTimeout(() => void this.tell(), Math.max(0, this.told + tellEveryMs - now)).unref();
    return { isGranted: true, left: left - 1, endsInMs };
  }

  private windowOf(key: string, now: number): Window {
    const known = this.windows.get(key);
    if (known && known.endsAt > now) return known;
    const fresh = { counted: 0, untold: 0, endsAt: now + this.redis.duration * 1000 };
    this.windows.set(key, fresh);
    return fresh;
  }

  private async tell(): Promise<void> {
    this.timer = undefined;
    this.told = Date.now();
    if (this.windows.size > sweepAbove) this.sweep(this.told);
    const news = [...this.toTell];
    this.toTell.clear();
    await Promise.allSettled(news.map(([key, window]) => this.tellOf(key, window)));
  }

  private async tellOf(key: string, window: Window): Promise<void> {
    const points = window.untold;
    window.counted += points;
    window.untold = 0;
    const { consumedPoints, msBeforeNext } = await this.redis.penalty(key, points);
    window.counted = consumedPoints;
    window.endsAt = Date.now() + msBeforeNext;
  }

  private sweep(now: number): void {
    for (const [key, { endsAt }] of this.windows) if (endsAt <= now) this.windows.delete(key);
  }
}
