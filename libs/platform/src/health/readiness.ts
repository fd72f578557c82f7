import { Injectable, Logger } from '@nestjs/common';
import { MongoProbe } from '../mongo/mongo-probe.js';
import { RedisProbe } from '../redis/redis-probe.js';
import { StoreMisfitError } from './store-misfit.error.js';

/** An answer holds for so long, good or bad. */
const holdsMs = 1_000;

/** Knows whether the stores answer and fit. However often it is asked, it looks once a second at most. */
@Injectable()
export class Readiness {
  private readonly logger = new Logger(Readiness.name);
  private last?: { at: number; faults: Promise<string[]>; isUnderWay: boolean };
  private misfit?: string;

  constructor(
    private readonly mongo: MongoProbe,
    private readonly redis: RedisProbe,
  ) {}

  /** Whether a write to MongoDB waits for other members than the primary. */
  get hasFollowers(): boolean {
    return this.mongo.hasFollowers;
  }

  /** What is wrong with the stores, a sentence for each; nothing where the process can work. Never throws. */
  faults(): Promise<string[]> {
    const now = performance.now();
    if (this.last && (this.last.isUnderWay || now - this.last.at < holdsMs)) return this.last.faults;
    const look = { at: now, faults: this.look(), isUnderWay: true };
    void look.faults.finally(() => (look.isUnderWay = false));
    this.last = look;
    return look.faults;
  }

  private async look(): Promise<string[]> {
    const [mongo, redis] = await Promise.allSettled([this.mongo.ping(), this.redis.ping()]);
    this.logMisfits([mongo, redis]);
    return [faultOf('MongoDB', mongo), faultOf('Redis', redis)].filter((fault) => fault !== undefined);
  }

  /** Anyone may ask, so the answer does not say where the store is; the log does, once. */
  private logMisfits(looks: PromiseSettledResult<void>[]): void {
    const misfits = looks
      .map((look) => (look.status === 'rejected' ? (look.reason as unknown) : undefined))
      .filter((reason) => reason instanceof StoreMisfitError);
    const misfit = misfits.map(({ message }) => message).join(' ');
    if (misfit && misfit !== this.misfit) this.logger.error(misfit);
    this.misfit = misfit;
  }
}

function faultOf(store: string, look: PromiseSettledResult<void>): string | undefined {
  if (look.status === 'fulfilled') return undefined;
  return look.reason instanceof StoreMisfitError
    ? `${store} is not what goalpost needs; the log says why.`
    : `${store} cannot be reached.`;
}
