import { setTimeout } from 'node:timers/promises';
import {
  type BeforeApplicationShutdown,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import type { Redis } from 'ioredis';
import { Counter, Registry } from 'prom-client';
import { Clock } from '../mongo/clock.js';
import { newId } from '../mongo/object-id.js';
import { InjectRedis, RedisKeys } from '../redis/redis.module.js';
import { markText, parseMark, type RedisMark, type Standing, standingOf } from './epoch-rules.js';
import { EpochStore, type StoredEpoch } from './epoch.store.js';

/** A loss is noticed by what was written after the last beat before it. */
const beatMs = 1_000;

/** A difference that stays for so long is no write under way. */
const confirmMs = 150;

/** Nothing is tried for longer than this, so a Redis that came back empty may have lost what is so old. */
const oldestTryMs = 600_000;

/** The clocks of the marks and of what was written beside them may differ by this. */
const slackMs = 5_000;

const dropWithinMs = 30_000;
const recoverWithinMs = 60_000;

/** Sets the mark if it is still what it was; ARGV: that ('' if none), the new one. */
const replaceScript = `
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2])
return 1`;

interface Commands {
  replaceMark(key: string, before: string, after: string): Promise<0 | 1>;
}

/** Both marks at one moment, and how they stand to each other. */
interface Look {
  standing: Standing;
  stored?: StoredEpoch;
  text: string;
  mark?: RedisMark;
}

/**
 * Notices when MongoDB and Redis do not belong together any more, since one of them was restored, came back empty or lost its last
 * writes. MongoDB is right. If it is older than Redis, all that Redis remembers is dropped: answers under idempotency keys,
 * deliveries, caches, jobs. The sweeps queue again what has a record. If Redis lacks something, what it has stays, and what may
 * have been lost is published again, by `recover`.
 */
@Injectable()
export class StoreEpoch implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Stores');
  private readonly stopped = new AbortController();
  private readonly losses: Counter<'standing'>;
  private readonly key: string;
  private loop?: Promise<void>;
  private isLossKnown = false;

  constructor(
    private readonly store: EpochStore,
    @InjectRedis() private readonly redis: Redis,
    private readonly keys: RedisKeys,
    private readonly clock: Clock,
    registry: Registry,
  ) {
    // Beside the queues, so that a cluster keeps both on one node.
    this.key = `${keys.queues}:epoch`;
    this.redis.defineCommand('replaceMark', { numberOfKeys: 1, lua: replaceScript });
    this.losses = new Counter({
      name: 'goalpost_store_losses_total',
      help: 'Times that this process saw MongoDB and Redis apart: Redis empty or behind, or MongoDB restored',
      labelNames: ['standing'],
      registers: [registry],
    });
  }

  /** Compares the stores before the process takes work, and from then on. An outage holds up no boot. */
  async onApplicationBootstrap(): Promise<void> {
    await this.tryCheck();
    this.loop = this.run();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopped.abort();
    await this.loop;
  }

  /**
   * Has what Redis may have lost published again, if it has lost something and no other process is at it. `publish` gets the moment
   * since when, and calls `goesOn` now and then. If it fails, the next call begins again.
   */
  async recover(publish: (since: Date, goesOn: () => Promise<void>) => Promise<void>): Promise<void> {
    if (!this.isLossKnown) return;
    const until = () => new Date(this.clock.now().getTime() + recoverWithinMs);
    if (!(await this.store.takeRecovery(this.clock.now(), until()))) return;
    const since = (await this.store.read())?.lost_since;
    let recovered: Date | undefined;
    try {
      if (since) await publish(since, () => this.store.renewRecovery(until()));
      recovered = since;
    } finally {
      await this.store.endRecovery(recovered);
    }
  }

  private async run(): Promise<void> {
    const { signal } = this.stopped;
    while (!signal.aborted) {
      await setTimeout(beatMs, undefined, { signal }).catch(() => undefined);
      if (!signal.aborted) await this.tryCheck();
    }
  }

  /** A store that is out of reach is told by others. */
  private async tryCheck(): Promise<void> {
    try {
      await this.check();
    } catch (error) {
      this.logger.debug(`the stores could not be compared: ${String(error)}`);
    }
  }

  private async check(): Promise<void> {
    const look = await this.look();
    const { standing, stored } = look;
    this.isLossKnown = stored?.lost_since !== undefined;
    if (standing === 'same') return this.beat(look);
    if (standing === 'first') return this.begin();
    const done = standing === 'mongo-behind' ? await this.dropAll(look) : await this.noteLoss(look);
    if (!done) return;
    this.losses.inc({ standing });
    this.isLossKnown = true;
  }

  /** Both marks; a difference has to be there for a while, since the stores are read one after the other. */
  private async look(): Promise<Look> {
    const read = async (): Promise<Look> => {
      const text = (await this.redis.get(this.key)) ?? '';
      const stored = await this.store.read();
      const mark = parseMark(text);
      return { standing: standingOf(stored, mark), stored, text, mark };
    };
    for (let before = await read(); ;) {
      if (before.standing === 'same') return before;
      await setTimeout(confirmMs);
      const now = await read();
      const isSame = now.text === before.text && now.stored?.beat === before.stored?.beat;
      if (isSame && now.stored?.epoch === before.stored?.epoch) return now;
      before = now;
    }
  }

  /** Counts on, in Redis first, unless another process has just done so. */
  private async beat({ stored, text, mark }: Look): Promise<void> {
    const now = this.clock.now();
    if (!stored || !mark || now.getTime() - stored.at.getTime() < beatMs) return;
    const isCounted = mark.beat > stored.beat;
    const next = { epoch: stored.epoch, beat: stored.beat + 1, ms: now.getTime() };
    if (isCounted || (await this.replaceMark(text, next))) await this.store.advance(stored, now);
  }

  private async begin(): Promise<void> {
    const now = this.clock.now();
    const stored = await this.store.begin(newId(), now);
    if (stored) await this.replaceMark('', { ...stored, ms: now.getTime() });
  }

  private async noteLoss({ stored, text, mark }: Look): Promise<boolean> {
    const now = this.clock.now();
    const lastSafe = mark ? mark.ms - slackMs : stored!.at.getTime() - oldestTryMs;
    const since = new Date(lastSafe);
    const noted = await this.store.noteLoss(stored!, since, now);
    if (!noted) return false;
    await this.replaceMark(text, { ...noted, ms: now.getTime() });
    this.logger.warn(
      `Redis ${mark ? 'lacks its last writes' : 'came back empty'}: what it got since ${since.toISOString()} is published again`,
    );
    return true;
  }

  private async dropAll({ stored, text }: Look): Promise<boolean> {
    const now = this.clock.now();
    const epoch = newId();
    const since = new Date((stored?.at ?? now).getTime() - oldestTryMs);
    const until = new Date(now.getTime() + dropWithinMs);
    if (!(await this.store.replace(stored, { epoch, since, now, until }))) return false;
    this.logger.warn('MongoDB is older than Redis, as after a restore: what Redis remembers is dropped');
    // The mark goes last: if this process dies before, another one sees that the epochs differ.
    await this.keys.deleteAll(this.redis, (key) => key !== this.key);
    await this.replaceMark(text, { epoch, beat: 0, ms: now.getTime() });
    await this.store.dropped(epoch);
    return true;
  }

  private async replaceMark(before: string, { epoch, beat, ms }: RedisMark): Promise<boolean> {
    const redis = this.redis as unknown as Commands;
    return (await redis.replaceMark(this.key, before, markText({ epoch, beat, ms }))) === 1;
  }
}
