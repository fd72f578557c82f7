import { setTimeout } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyOptions, jwtVerify } from 'jose';
import { within } from '../patience/within.js';
import { unavailable } from '../problem/http-problems.js';

/** From this age on, keys are read again beside the work. */
const renewedAfterMs = 20_000;
/** From this age on, a token waits for the keys to be read again. With `keptMs` of VerifiedTokens this is less than a minute. */
const freshForMs = 40_000;
/** How long the last known keys are used while their server gives none. */
const usedForMs = 3_600_000;
/** After a read that failed, no token waits for another one for so long; it is tried beside the work. */
const unwaitedMs = 60_000;
const triedAgainMs = 5_000;
/** The least time between two reads for tokens that no known key fits. */
const doubtsApartMs = 500;
/** How many of these tokens may wait for their turn; a further one is refused at once. */
const mostWaiting = 20;
const answerWithinMs = 2000;
const waitedMs = 1000;

/**
 * The keys published at a URL. A key that is withdrawn is refused within a minute. The first token of a new key is let in:
 * a token that no known key fits has the keys read again, at most twice a second. If their server is away, the last known
 * keys are used for an hour.
 */
export class PublishedKeys {
  private readonly logger = new Logger('Keys');
  private readonly remote: ReturnType<typeof createRemoteJWKSet>;
  // All moments are of the clock that nobody sets.
  private readAt = -Infinity;
  private failedAt = -Infinity;
  private doubtedAt = -Infinity;
  private reading?: Promise<boolean>;
  private doubt?: Promise<boolean>;
  private seats = 0;

  constructor(url: string) {
    // The library reads the keys when it is told to, and never by itself.
    const durations = { cooldownDuration: Infinity, cacheMaxAge: Infinity };
    this.remote = createRemoteJWKSet(new URL(url), { timeoutDuration: answerWithinMs, ...durations });
  }

  /** The claims of a token. Throws an error of jose if it does not hold, a 503 problem if the keys cannot be read. */
  async verify(token: string, options: JWTVerifyOptions): Promise<JWTPayload> {
    await this.renew();
    try {
      return (await jwtVerify(token, this.remote, options)).payload;
    } catch (error) {
      const isUnknown = error instanceof errors.JWKSNoMatchingKey;
      if (!isUnknown && !(error instanceof errors.JWSSignatureVerificationFailed)) throw error;
      const isRead = await this.readForDoubt();
      if (isRead === undefined) throw error;
      if (!isRead) throw isUnknown ? unreadable() : error;
      return (await jwtVerify(token, this.remote, options)).payload;
    }
  }

  private async renew(): Promise<void> {
    const now = performance.now();
    const age = now - this.readAt;
    const isUsable = age < usedForMs;
    if (age < renewedAfterMs || (isUsable && now - this.failedAt < triedAgainMs)) return;
    const read = this.readSoon();
    if (isUsable && (age < freshForMs || now - this.failedAt < unwaitedMs)) return;
    if (!(await read) && !isUsable) throw unreadable();
  }

  /** Reads the keys once more; undefined if too many tokens wait for that already. */
  private async readForDoubt(): Promise<boolean | undefined> {
    if (!this.doubt) {
      const waitMs = Math.max(0, this.doubtedAt + doubtsApartMs - performance.now());
      this.seats = waitMs > 0 ? mostWaiting : Infinity;
      this.doubt = this.readIn(waitMs).finally(() => (this.doubt = undefined));
    }
    this.seats -= 1;
    return this.seats < 0 ? undefined : this.doubt;
  }

  private async readIn(waitMs: number): Promise<boolean> {
    await setTimeout(waitMs);
    // One that is under way may have begun before the key was published.
    await this.reading;
    this.doubtedAt = performance.now();
    return this.readSoon();
  }

  /** Whether the keys could be read within a moment; one that takes longer goes on. */
  private readSoon(): Promise<boolean> {
    this.reading ??= this.read().finally(() => (this.reading = undefined));
    return within(waitedMs, this.reading, 'slow').catch(() => false);
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

/** A key set that cannot be read is our trouble, not the caller's: 503, not 401. */
function unreadable() {
  return unavailable('The keys that tokens are checked with cannot be read.', {}, { 'retry-after': '1' });
}
