import { type Actor, AuditLog } from '#audit';
import { Clock, isDuplicateKey, isId, newId, PeriodicTasks, problemKind, Transactions } from '#platform';
import { Channels } from '#realtime';
import { SessionStore } from '#sessions';
import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { setTimeout } from 'node:timers/promises';
import { PersonalDocuments } from './documents.store.js';
import type { ErasureRecord } from './erasure.schema.js';
import {
  type ErasureProgress,
  ErasureStore,
  type RunningErasure,
  TakenOver,
  userHash,
} from './erasure.store.js';
import type { ErasedUser } from './personal-data.js';
import { type Place, places } from './places.js';
import { RedisValues } from './redis-values.js';

export const sessionRunning = problemKind(409, 'session_running', 'The user has a running session');

const lookEveryMs = 2_000;

/**
 * Between two passes: longer than what a process had in memory takes to be stored, such as the event of a job that it had begun
 * when the job was changed.
 */
const restMs = 10_000;

/** The first pass finds what is there, the second what was on its way meanwhile. */
const passes = 2;

/** For how many users the repetition remembers that they were looked at. */
const rememberedUsers = 1_000_000;

/**
 * Erases the data of users: everywhere a pseudonym takes the place of the id, and the texts go. It is stored first that it is to be
 * done, and each step how far it is, so that any process finishes it. What the user does after that is of a new user.
 */
@Injectable()
export class Erasures {
  private readonly logger = new Logger('Erasures');

  constructor(
    private readonly store: ErasureStore,
    private readonly documents: PersonalDocuments,
    private readonly redis: RedisValues,
    private readonly channels: Channels,
    private readonly sessions: SessionStore,
    private readonly clock: Clock,
    private readonly transactions: Transactions,
    private readonly audit: AuditLog,
  ) {}

  /** Has a user erased; the one that runs if there is one. Throws `session_running` while the user has a session that runs. */
  async request(userId: string, actor: Actor): Promise<ErasureRecord> {
    const running = await this.store.runningOf(userId);
    if (running) return running;
    await this.assertNoSession(userId);
    try {
      return await this.transactions.run(async (transaction) => {
        const erasure = await this.store.begin(userId, transaction);
        await this.record(erasure, actor, transaction);
        return erasure;
      });
    } catch (error) {
      if (isDuplicateKey(error)) return this.request(userId, actor);
      throw error;
    }
  }

  find(erasureId: string): Promise<ErasureRecord | null> {
    return this.store.findById(erasureId);
  }

  /** Works on an erasure that is due, this one or any, up to the end of a pass; false if none is. */
  async work(signal: AbortSignal, erasureId?: string): Promise<boolean> {
    const erasure = await this.store.take(newId(), erasureId);
    if (!erasure) return false;
    try {
      await this.workOn(erasure, signal);
    } catch (error) {
      if (!(error instanceof TakenOver)) throw error;
    }
    return true;
  }

  private async workOn(erasure: RunningErasure, signal: AbortSignal): Promise<void> {
    const { pass = 0 } = erasure;
    const progress = await this.pass(erasure, signal);
    if (signal.aborted) await this.store.rest(erasure, progress, 0);
    else if (pass + 1 < passes || progress.left! > 0)
      await this.store.rest(erasure, { pass: pass + 1, place: 0, after: null, left: 0 }, restMs);
    else {
      await this.store.finish(erasure);
      this.logger.log(`erasure ${erasure._id.toHexString()} is done`);
    }
  }

  /** Resolves once an erasure is done, which this process helps with. */
  async finish(erasureId: string): Promise<ErasureRecord> {
    const { signal } = new AbortController();
    for (;;) {
      await this.work(signal, erasureId);
      const erasure = await this.store.findById(erasureId);
      if (!erasure || erasure.user_id === undefined) return erasure!;
      await setTimeout(500);
    }
  }

  /**
   * Begins every erasure once more whose user is there, as after a restore: only what came before it counts. Returns those that were
   * begun, and says how many could not be.
   */
  async again(actor: Actor): Promise<{ begun: string[]; refused: { erasureId: string; why: string }[] }> {
    const bySalt = Map.groupBy(await this.store.all(), ({ salt }) => salt);
    const found = new Map<string, ErasureRecord[]>();
    await this.eachUser((userId) => {
      for (const [salt, erasures] of bySalt) {
        const hash = userHash(salt, userId);
        const own = erasures.filter(({ user_hash }) => user_hash === hash);
        if (own.length > 0) found.set(userId, [...(found.get(userId) ?? []), ...own]);
      }
    });
    const outcome = { begun: [] as string[], refused: [] as { erasureId: string; why: string }[] };
    for (const [userId, erasures] of found) {
      // The last one covers those before it.
      const last = erasures.toSorted((one, other) => +one.requested_at - +other.requested_at).at(-1)!;
      const erasureId = last._id.toHexString();
      try {
        if (last.completed_at !== null) await this.beginAgain(last, userId, actor);
        outcome.begun.push(erasureId);
      } catch (error) {
        outcome.refused.push({ erasureId, why: (error as Error).message });
      }
    }
    return outcome;
  }

  private async beginAgain(erasure: ErasureRecord, userId: string, actor: Actor): Promise<void> {
    await this.assertNoSession(userId, erasure.requested_at);
    await this.transactions.run(async (transaction) => {
      if (await this.store.beginAgain(erasure, userId, transaction))
        await this.record(erasure, actor, transaction);
    });
  }

  /** Every user that is stored anywhere; some of them more than once. */
  private async eachUser(look: (userId: string) => void): Promise<void> {
    const seen = new Set<string>();
    const add = (userId: string) => {
      if (seen.has(userId)) return;
      if (seen.size >= rememberedUsers) seen.clear();
      seen.add(userId);
      look(userId);
    };
    for (const place of places)
      for (let after: unknown = null; ;) {
        const range = await this.documents.range(place, after);
        await this.documents.users(place, range, add);
        if (range.to === null) break;
        after = range.to;
      }
  }

  private async assertNoSession(userId: string, before?: Date): Promise<void> {
    if (isId(userId) && (await this.sessions.hasRunning(userId, before)))
      throw sessionRunning('The user is streaming: the session has to be ended first.');
  }

  /** Goes on with a pass; returns how far it came. */
  private async pass(erasure: RunningErasure, signal: AbortSignal): Promise<ErasureProgress> {
    const user = this.userOf(erasure);
    let { place: first = 0, after = null, left = 0 } = erasure;
    for (let place = first; place < places.length; place++) {
      do {
        if (signal.aborted) return { place, after, left };
        const range = await this.documents.range(places[place]!, after);
        const until = this.until(places[place]!, erasure);
        left += await this.documents.erase(places[place]!, range, user, until, (changed, transaction) =>
          this.store.count(erasure, changed, transaction),
        );
        after = range.to;
        await this.store.note(erasure, { place: after === null ? place + 1 : place, after, left });
      } while (after !== null);
    }
    // Leaderboards are made of contributions, so they come after those.
    const progress = { place: places.length, after: null, left };
    await this.redis.erase(user, () => this.store.note(erasure, progress));
    return progress;
  }

  /** Up to when what came counts as the erased user's. */
  private until({ isCopy }: Place, { requested_at, completed_at }: ErasureRecord): Date {
    return isCopy ? (completed_at ?? this.clock.now()) : requested_at;
  }

  private userOf({ user_id: userId, pseudonym }: RunningErasure): ErasedUser {
    const renameChannel = (channel: string) => {
      const named = this.channels.parse(channel);
      const other = (id: string) => (id === userId ? pseudonym : id);
      if (named?.viewerId === undefined)
        return named ? this.channels.stream(other(named.streamerId)) : channel;
      return this.channels.viewer(other(named.streamerId), other(named.viewerId));
    };
    return { userId, pseudonym, renameChannel };
  }

  private record(
    { _id }: ErasureRecord,
    actor: Actor,
    transaction: Parameters<AuditLog['record']>[1],
  ): Promise<void> {
    const line = { act: 'erase_user' as const, actor, target: { erasure_id: _id.toHexString() } };
    return this.audit.record(line, transaction);
  }
}

/** Has every worker finish what was begun. */
@Injectable()
export class ErasureTask implements OnModuleDestroy {
  private readonly stopped = new AbortController();

  constructor(erasures: Erasures, tasks: PeriodicTasks) {
    const run = async () => {
      while (!this.stopped.signal.aborted && (await erasures.work(this.stopped.signal)));
    };
    tasks.register({ name: 'erasures', everyMs: lookEveryMs, run });
  }

  onModuleDestroy(): void {
    this.stopped.abort();
  }
}
