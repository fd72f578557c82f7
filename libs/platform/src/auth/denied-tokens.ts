import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { Clock } from '../mongo/clock.js';
import { withTimeout } from '../problem/outage.js';
import { unavailable } from '../problem/problem.js';
import type { TokenDenialRecord } from './token-denial.schema.js';
import { denialIdOf, TokenDenialStore } from './token-denial.store.js';

/** A denial counts on every process within a second. */
const readEveryMs = 250;
const readWithinMs = 1_000;

/** A change may become visible so long after its `changed_at`, in the longest transaction that MongoDB lets live. */
const overlapMs = 90_000;

/** From so much older denials on the log says that they cannot be read. */
const worthALineMs = 5_000;

/** So often all denials are read again, which also forgets those that have expired. */
const readAllEveryMs = 600_000;

/** What of a valid token decides whether it is denied. */
export interface TokenIdentity {
  userId: string;
  jti?: string;
  /** In Unix seconds; a token that does not say it counts as issued before anything. */
  issuedAt?: number;
}

/**
 * The denied tokens, in memory: no request waits for a query. They are read from when the first token comes, a few times a
 * second; while MongoDB is away, those count that are known.
 */
@Injectable()
export class DeniedTokens implements OnApplicationShutdown {
  private readonly logger = new Logger('Tokens');
  private denials?: Map<string, TokenDenialRecord>;
  private loading?: Promise<void>;
  private timer?: NodeJS.Timeout;
  // By the clock of MongoDB.
  private readAt = new Date(0);
  private readAllAt = new Date(0);
  private hasFailed = false;
  private isStopped = false;

  constructor(
    private readonly store: TokenDenialStore,
    private readonly clock: Clock,
  ) {}

  /** Whether a token is denied. Throws a 503 problem if it was never possible to read what is denied. */
  async has({ userId, jti, issuedAt = -Infinity }: TokenIdentity): Promise<boolean> {
    if (!this.denials) await this.load();
    if (this.denials!.size === 0) return false;
    const ofUser = this.denials!.get(denialIdOf({ user_id: userId }));
    if (ofUser && issuedAt * 1000 < ofUser.issued_before!.getTime()) return true;
    return jti !== undefined && this.denials!.has(denialIdOf({ jti }));
  }

  onApplicationShutdown(): void {
    this.isStopped = true;
    clearTimeout(this.timer);
  }

  private load(): Promise<void> {
    this.loading ??= this.read()
      .catch(() => {
        throw unavailable('What tokens were denied cannot be read.', {}, { 'retry-after': '1' });
      })
      .finally(() => (this.loading = undefined));
    return this.loading;
  }

  private async read(): Promise<void> {
    const now = this.clock.now();
    if (!this.denials || now.getTime() - this.readAllAt.getTime() > readAllEveryMs) {
      const all = await withTimeout(readWithinMs, this.store.all(), 'MongoDB did not answer');
      this.denials = new Map(all.map((denial) => [keyOf(denial), denial]));
      this.readAllAt = now;
    } else {
      const since = new Date(this.readAt.getTime() - overlapMs);
      const changes = await withTimeout(
        readWithinMs,
        this.store.changedSince(since),
        'MongoDB did not answer',
      );
      for (const denial of changes) {
        if (denial.removed) this.denials.delete(keyOf(denial));
        else this.denials.set(keyOf(denial), denial);
      }
    }
    this.readAt = now;
    this.readAgainSoon();
  }

  private readAgainSoon(): void {
    if (this.isStopped) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.readAgain(), readEveryMs).unref();
  }

  private async readAgain(): Promise<void> {
    try {
      await this.read();
      if (this.hasFailed) this.logger.log('Denied tokens can be read again');
      this.hasFailed = false;
    } catch (error) {
      const isLate = this.clock.now().getTime() - this.readAt.getTime() > worthALineMs;
      if (isLate && !this.hasFailed && !this.isStopped) {
        this.logger.error(`Denied tokens cannot be read: ${String(error)}`);
        this.hasFailed = true;
      }
      this.readAgainSoon();
    }
  }
}

const keyOf = ({ _id }: TokenDenialRecord) => _id.toHexString();
