import { type PairList, pairLists } from '#contracts';
import { Clock, failedJobsKeptSeconds, InjectRedis, RedisKeys } from '#platform';
import { pairsOf, type SessionRecord } from '#sessions';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import type { Redis } from 'ioredis';
import { GOAL_CLASSES, type GoalClasses } from '../goal/goal-classes.js';
import { GoalRequestStore } from '../goal/goal-request.store.js';
import { tooManyGoals, tooManyPairs } from '../goal/goal.problems.js';
import { GoalStore, type StoredLifespan } from '../goal/goal.store.js';
import { isOpen } from '../goal/rules.js';
import { GoalsConfig } from '../goals.config.js';

/** A full session counts as full for this long, so that repeated requests do not cost a query each. */
const fullForMs = 1000;

/** Until then a goal that has no request may belong to one that is about to be stored. */
const requestedWithinMs = 10_000;

const batch = 500;

/** Adds an entry if there is room; ARGV: goal, now, most, seconds, whether an absent key is an empty one. */
const takeScript = `
if redis.call('ZSCORE', KEYS[1], ARGV[1]) then return 'taken' end
local size = redis.call('ZCARD', KEYS[1])
if size == 0 and ARGV[5] == '0' then return 'unknown' end
if size >= tonumber(ARGV[3]) then return 'full' end
redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
redis.call('EXPIRE', KEYS[1], ARGV[4])
return 'taken'`;

interface TakeCommand {
  takeEntry(
    key: string,
    goalId: string,
    now: number,
    most: number,
    seconds: number,
    isNew: 0 | 1,
  ): Promise<'taken' | 'full' | 'unknown'>;
}

/** Goals of a session that count towards a limit, as Redis lists them from their request on. */
interface Limit {
  key: string;
  most: number;
  /** Whether the stored goals alone reach the limit. */
  isFull: () => Promise<boolean>;
  /** Ids of those that MongoDB knows, stored or requested, should Redis have lost the list. */
  known: () => Promise<string[]>;
  /** Whether a goal counts as it is stored; undefined if it is not known. */
  counts: (goalId: string, goal: StoredLifespan | undefined) => boolean | undefined;
}

/**
 * Limits the goals of a session: those that are not over, and the pairs of its whole life. Redis lists what counts from the
 * request on, over all apis; a list that is full is compared with what is stored, and what counts no more leaves it. A list
 * that Redis does not have is made of the goals and requests in MongoDB. So a Redis that comes back empty may let through
 * those requests alone that were being answered in that moment, beyond the limit.
 */
@Injectable()
export class SessionGoalLimits implements OnModuleInit {
  private readonly most: { open: number; pairs: number };
  private readonly fullUntil = new Map<string, number>();

  constructor(
    @Inject(GOAL_CLASSES) private readonly classes: GoalClasses,
    private readonly goals: GoalStore,
    private readonly requests: GoalRequestStore,
    private readonly clock: Clock,
    @InjectRedis() private readonly redis: Redis,
    private readonly keys: RedisKeys,
    config: GoalsConfig,
  ) {
    this.most = { open: config.maxOpenGoals, pairs: config.maxPairs };
  }

  onModuleInit(): void {
    this.redis.defineCommand('takeEntry', { numberOfKeys: 1, lua: takeScript });
  }

  /** Counts one more goal for the session. Throws too_many_goals or too_many_pairs if there is no room for it. */
  async add(session: SessionRecord, goalId: string, opensPair: boolean): Promise<void> {
    if (opensPair && !(await this.isTaken(this.pairLimit(session), goalId)))
      throw tooManyPairs(`The session has had ${this.most.pairs} pairs, which is all that it may have.`);
    if (await this.isTaken(this.openGoalsLimit(session), goalId)) return;
    if (opensPair) await this.redis.zrem(this.pairLimit(session).key, goalId);
    throw tooManyGoals(`The session has ${this.most.open} goals that are not over; one has to end first.`);
  }

  /** Gives back the room of a goal that was refused for another reason. */
  async remove(session: SessionRecord, goalId: string): Promise<void> {
    const lists = [this.openGoalsLimit(session), this.pairLimit(session)];
    await Promise.all(lists.map(({ key }) => this.redis.zrem(key, goalId)));
  }

  private openGoalsLimit({ _id }: SessionRecord): Limit {
    const sessionId = _id.toHexString();
    const most = this.most.open;
    return {
      key: this.keyOf('open', sessionId),
      most,
      isFull: async () => (await this.goals.countOpen(sessionId, this.clock.now(), most)) >= most,
      known: async () => {
        const waiting = await this.requests.waitingIn(sessionId);
        return [...waiting.keys(), ...(await this.goals.openIds(sessionId, this.clock.now(), most))];
      },
      counts: (_, goal) => goal && isOpen(goal, this.clock.now()),
    };
  }

  private pairLimit(session: SessionRecord): Limit {
    const openers = openersOf(session);
    const sessionId = session._id.toHexString();
    return {
      key: this.keyOf('pairs', sessionId),
      most: this.most.pairs,
      isFull: async () => openers.size >= this.most.pairs,
      known: async () => {
        const waiting = [...(await this.requests.waitingIn(sessionId))];
        const opening = waiting.filter(([, _cls]) => _cls && this.classes[_cls]?.slot.kind === 'opens-pair');
        return [...openers, ...opening.map(([goalId]) => goalId)];
      },
      // One that is stored will have its pair yet, unless it was cancelled before that.
      counts: (goalId, goal) => openers.has(goalId) || (goal && !goal.released),
    };
  }

  private async isTaken(limit: Limit, goalId: string): Promise<boolean> {
    const { key, most, known } = limit;
    const now = this.clock.now().getTime();
    if ((this.fullUntil.get(key) ?? 0) > now) return false;
    const take = (mayBeEmpty: 0 | 1) =>
      (this.redis as unknown as TakeCommand).takeEntry(
        key,
        goalId,
        now,
        most,
        failedJobsKeptSeconds,
        mayBeEmpty,
      );
    let outcome = await take(0);
    if (outcome === 'unknown') {
      await this.addAll(key, await known(), now);
      outcome = await take(1);
    }
    if (outcome === 'full' && !(await limit.isFull())) {
      await this.removeUncounted(limit);
      outcome = await take(1);
    }
    if (outcome === 'taken') return true;
    for (const [one, until] of this.fullUntil) if (until <= now) this.fullUntil.delete(one);
    this.fullUntil.set(key, now + fullForMs);
    return false;
  }

  private async addAll(key: string, goalIds: string[], now: number): Promise<void> {
    for (let from = 0; from < goalIds.length; from += batch)
      await this.redis.zadd(key, ...goalIds.slice(from, from + batch).flatMap((goalId) => [now, goalId]));
    if (goalIds.length > 0) await this.redis.expire(key, failedJobsKeptSeconds);
  }

  /** Removes from a list what does not count any more: goals that are over, and goals that are not known. */
  private async removeUncounted({ key, counts }: Limit): Promise<void> {
    const entries = await this.redis.zrange(key, 0, -1, 'WITHSCORES');
    const listed = new Map<string, number>();
    for (let index = 0; index < entries.length; index += 2)
      listed.set(entries[index]!, Number(entries[index + 1]));
    const ids = [...listed.keys()];
    for (let from = 0; from < ids.length; from += batch) {
      const some = ids.slice(from, from + batch);
      // In this order: a goal whose request is gone or settled is stored by now.
      const waiting = await this.requests.waiting(some);
      const stored = await this.goals.lifespans(some);
      const gone = some.filter((goalId) => {
        const isYoung = this.clock.now().getTime() - listed.get(goalId)! < requestedWithinMs;
        return !(counts(goalId, stored.get(goalId)) ?? (waiting.has(goalId) || isYoung));
      });
      if (gone.length > 0) await this.redis.zrem(key, ...gone);
    }
  }

  private keyOf(list: string, sessionId: string): string {
    return this.keys.of(`session-${list}`, sessionId);
  }
}

/** Ids of the goals that opened the pairs of a session. */
function openersOf(session: SessionRecord): Set<string> {
  const pairs = (Object.keys(pairLists) as PairList[]).flatMap((list) => pairsOf(session, list));
  return new Set(pairs.flatMap(({ first }) => first?.toHexString() ?? []));
}
