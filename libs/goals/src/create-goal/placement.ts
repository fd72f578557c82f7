import type { NewGoal } from '#contracts';
import { Clock, failedJobsKeptSeconds, InjectRedis, RedisKeys, validationFailed } from '#platform';
import { type CompletingSlot, pairsOf, type SessionRecord, type SingleSlot, type Slot } from '#sessions';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Redis } from 'ioredis';
import { queuedWithinMs } from '../goal/create-goal.queue.js';
import {
  alreadyBound,
  createInFlight,
  goalFailed,
  goalNotFound,
  pairNotBound,
} from '../goal/goal.problems.js';
import { classOf } from '../goal/goal.view.js';
import { isOpen } from '../goal/rules.js';
import { GoalReader, type KnownGoal, notStored } from '../read-goal/goal.reader.js';

/** Gives the claim to a new holder if it is still the old holder's; ARGV: value, old value, seconds. */
const takeOverScript = `
if redis.call('GET', KEYS[1]) ~= ARGV[2] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[3])
return 1`;

/** Deletes a claim if it is this goal's; ARGV: goal. */
const releaseScript = `
local kept = redis.call('GET', KEYS[1])
if kept and string.sub(kept, 1, #ARGV[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1`;

interface ClaimCommands {
  releaseClaim(key: string, goalId: string): Promise<1>;
  takeOverClaim(key: string, value: string, oldValue: string, seconds: number): Promise<0 | 1>;
}

/** Whether the goal that holds a claim keeps it; undefined if nobody knows of that goal. */
type Keeps = (goalId: string) => Promise<boolean | undefined>;

/**
 * Checks that the slot of a new goal is free, and claims it in Redis, so that one alone of all requests that race for a slot is
 * accepted while none of them is stored yet. What is stored is held by the data itself.
 */
@Injectable()
export class Placement implements OnModuleInit {
  constructor(
    @InjectRedis() private readonly redis: Redis,
    private readonly keys: RedisKeys,
    private readonly clock: Clock,
    private readonly goals: GoalReader,
  ) {}

  onModuleInit(): void {
    this.redis.defineCommand('takeOverClaim', { numberOfKeys: 1, lua: takeOverScript });
    this.redis.defineCommand('releaseClaim', { numberOfKeys: 1, lua: releaseScript });
  }

  /** The goal that opened the pair which the new goal completes; undefined if there is none. */
  async findOpener(goal: NewGoal, slot: Slot): Promise<KnownGoal | undefined> {
    return slot.kind === 'completes-pair' ? this.goals.find(openerIdOf(goal, slot)) : undefined;
  }

  /** Claims the slot and returns the claim; a goal that opens a pair needs none. Throws if the slot is not to be had. */
  async claim(
    goal: NewGoal,
    slot: Slot,
    session: SessionRecord,
    opener: KnownGoal | undefined,
  ): Promise<string[] | undefined> {
    if (slot.kind === 'opens-pair') return undefined;
    return slot.kind === 'single'
      ? this.claimSingle(goal, slot, session)
      : this.claimSecond(goal, slot, session, opener);
  }

  /** Gives up the claim of a goal that was refused after it. */
  async release(claim: string[], goalId: string): Promise<void> {
    await (this.redis as unknown as ClaimCommands).releaseClaim(this.keys.of('claim', ...claim), goalId);
  }

  /** A single slot is free again once its goal is over. */
  private async claimSingle(
    { goal_id }: NewGoal,
    { field }: SingleSlot,
    session: SessionRecord,
  ): Promise<string[]> {
    const standing = session[field]?.toHexString();
    if (standing && standing !== goal_id && (await this.isOpen(standing)))
      throw alreadyBound('The session has such a goal already; it has to end first.', { goal_id: standing });
    const claim = [field, session._id.toHexString()];
    const holder = await this.take(claim, goal_id, (goalId) => this.isOpen(goalId));
    if (holder) throw createInFlight('Such a goal is being created there.', { goal_id: holder });
    return claim;
  }

  /** The opener is of the same session and has its pair there; the second place of the pair is taken once and for all. */
  private async claimSecond(
    goal: NewGoal,
    slot: CompletingSlot,
    session: SessionRecord,
    opener: KnownGoal | undefined,
  ): Promise<string[]> {
    const openerId = openerIdOf(goal, slot);
    assertOpens(opener, goal, slot);
    const pair = pairsOf(session, slot.pairs).find(({ first }) => first?.toHexString() === openerId);
    if (!pair) throw pairNotBound('Wait until the session shows the pair of the goal that it refers to.');
    const standing = pair.second?.toHexString();
    if (standing && standing !== goal.goal_id)
      throw alreadyBound('Another goal stands there already.', { goal_id: standing });
    const claim = ['pair', openerId];
    const holder = await this.take(claim, goal.goal_id, (goalId) => this.keepsPair(goalId));
    if (holder) throw createInFlight('Another goal is being created there.', { goal_id: holder });
    return claim;
  }

  /** Whether a goal keeps its place in a pair, as all do but one that was released; undefined if nobody knows of it. */
  private async keepsPair(goalId: string): Promise<boolean | undefined> {
    const known = await this.goals.find(goalId);
    return known && !('stored' in known && known.stored.released);
  }

  /** Whether a goal is there and not over; undefined if nobody knows of it. */
  private async isOpen(goalId: string): Promise<boolean | undefined> {
    const known = await this.goals.find(goalId);
    if (!known) return undefined;
    if ('waiting' in known) return known.waiting.deadBecause === undefined;
    return isOpen(known.stored, this.clock.now());
  }

  /**
   * Takes a claim for a goal. Returns undefined if it is this goal's now, else the goal that holds it. A holder loses the claim if
   * it does not keep it, and if nobody knows of the holder although it had its time.
   */
  private async take(claim: string[], goalId: string, keeps: Keeps): Promise<string | undefined> {
    const key = this.keys.of('claim', ...claim);
    const value = `${goalId}.${this.clock.now().getTime()}`;
    const kept = await this.redis.set(key, value, 'EX', failedJobsKeptSeconds, 'NX', 'GET');
    if (kept === null) return undefined;
    const [holder = '', since = '0'] = kept.split('.');
    if (holder === goalId) return undefined;
    const isKept = (await keeps(holder)) ?? this.clock.now().getTime() - Number(since) < queuedWithinMs;
    if (isKept) return holder;
    const redis = this.redis as unknown as ClaimCommands;
    const taken = await redis.takeOverClaim(key, value, kept, failedJobsKeptSeconds);
    return taken === 1 ? undefined : this.take(claim, goalId, keeps);
  }
}

/** The id by which the new goal names the one that opened its pair; the request of its class requires it. */
function openerIdOf({ context }: NewGoal, { opener }: CompletingSlot): string {
  return context[opener.reference]!;
}

/** Throws if the goal that should have opened the pair is unknown, pending, of another class or session, or was released. */
function assertOpens(known: KnownGoal | undefined, goal: NewGoal, slot: CompletingSlot): void {
  const goalId = openerIdOf(goal, slot);
  if (!known) throw goalNotFound(`There is no goal ${goalId}.`);
  const record = 'stored' in known ? known.stored : known.waiting.record;
  const pointer = `/context/${slot.opener.reference}`;
  const refuse = (detail: string) =>
    validationFailed('The request has invalid fields.', { errors: [{ pointer, detail }] });
  if (classOf(record) !== slot.opener.class) throw refuse(`must be the id of a ${slot.opener.class}`);
  if (record.conditions.session_id !== goal.conditions.session_id)
    throw refuse('must be the id of a goal of the same session');
  if ('waiting' in known) throw notStored(goalId, known.waiting);
  if (known.stored.released)
    throw goalFailed(`The goal ${goalId} was cancelled before it was bound.`, { goal_id: goalId });
}
