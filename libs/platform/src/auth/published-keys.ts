import { setTimeout } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyOptions, jwtVerify } from 'jose';
import { withTimeout } from '../problem/outage.js';
import { unavailable } from '../problem/problem.js';

/** From this age on, keys are refreshed in the background. */
const renewedAfterMs = 20_000;
/** From this age on, a token waits for a refresh. With `cachedMs` of VerifiedTokens this is less than a minute. */
const freshForMs = 40_000;
/** How long the last known keys are used while their server is down. */
const usedForMs = 3_600_000;
/** After a failed refresh no token waits for this time; retries run in the background. */
const noWaitMs = 60_000;
const retryMs = 5_000;
/** The minimum time between two refreshes for tokens of unknown keys. */
const unknownKeyIntervalMs = 500;
/** How many of these tokens may wait for the next refresh; a further one is refused at once. */
const mostWaiting = 20;
const timeoutMs = 2000;
const maxWaitMs = 1000;

/**
 * The keys published at a URL. A withdrawn key is refused within a minute. The first token of a new key is accepted: a token
 * of an unknown key triggers a refresh, at most twice a second. If the server is down, the last known keys are used for an
 * hour.
 */
export class PublishedKeys {
  private readonly logger = new Logger('Keys');
  private readonly remote: ReturnType<typeof createRemoteJWKSet>;
  // All times are of the monotonic clock.
  private readAt = -Infinity;
  private failedAt = -Infinity;
  private unknownKeyAt = -Infinity;
  private reading?: Promise<boolean>;
  private unknownKeyRefresh?: Promise<boolean>;
  private placesLeft = 0;

  constructor(url: string) {
    // The library refreshes the keys only when asked to.
    const durations = { cooldownDuration: Infinity, cacheMaxAge: Infinity };
    this.remote = createRemoteJWKSet(new URL(url), { timeoutDuration: timeoutMs, ...durations });
  }

  /** The claims of a token. Throws an error of jose if it is invalid, a 503 problem if the keys cannot be read. */
  async verify(token: string, options: JWTVerifyOptions): Promise<JWTPayload> {
    await this.renew();
    try {
      return (await jwtVerify(token, this.remote, options)).payload;
    } catch (error) {
      const isUnknown = error instanceof errors.JWKSNoMatchingKey;
      if (!isUnknown && !(error instanceof errors.JWSSignatureVerificationFailed)) throw error;
      const isRead = await this.refreshForUnknownKey();
      if (isRead === undefined) throw error;
      if (!isRead) throw isUnknown ? unreadable() : error;
      return (await jwtVerify(token, this.remote, options)).payload;
    }
  }

  private async renew(): Promise<void> {
    const now = performance.now();
    const age = now - this.readAt;
    const isUsable = age < usedForMs;
    if (age < renewedAfterMs || (isUsable && now - this.failedAt < retryMs)) return;
    const read = this.readSoon();
    if (isUsable && (age < freshForMs || now - this.failedAt < noWaitMs)) return;
    if (!(await read) && !isUsable) throw unreadable();
  }

  /** Refreshes the keys; undefined if too many tokens already wait for that. */
  private async refreshForUnknownKey(): Promise<boolean | undefined> {
    if (!this.unknownKeyRefresh) {
      const waitMs = Math.max(0, this.unknownKeyAt + unknownKeyIntervalMs - performance.now());
      this.placesLeft = waitMs > 0 ? mostWaiting : Infinity;
      this.unknownKeyRefresh = this.readIn(waitMs).finally(() => (this.unknownKeyRefresh = undefined));
    }
    this.placesLeft -= 1;
    return this.placesLeft < 0 ? undefined : this.unknownKeyRefresh;
  }

  private async readIn(waitMs: number): Promise<boolean> {
    await setTimeout(waitMs);
    // A running read may have started before the key was published.
    await this.reading;
    this.unknownKeyAt = performance.now();
    return this.readSoon();
  }

  /** Whether the keys could be read within a second; a slower read continues. */
  private readSoon(): Promise<boolean> {
    this.reading ??= this.read().finally(() => (this.reading = undefined));
    return withTimeout(maxWaitMs, this.reading, 'slow').catch(() => false);
  }

  private async read(): Promise<boolean> {
    try {
      await this.remote.reload();
    } catch (error) {
      if (this.failedAt <= this.readAt)
        this.logger.error(`The keys of tokens cannot be read: ${String(error)}`);
      this.failedAt = performance.now();
      return false;
    }
    if (this.failedAt > this.readAt) this.logger.log('The keys of tokens can be read again');
    this.readAt = performance.now();
    return true;
  }
}

/** Unreadable keys are a fault of the service, not of the caller: 503, not 401. */
function unreadable() {
  return unavailable('The keys that tokens are checked with cannot be read.', {}, { 'retry-after': '1' });
}
