import type { NewGoal } from '#contracts';
import { Clock, validationFailed } from '#platform';
import { type CompletingSlot, pairsOf, type SessionRecord, type SingleSlot, type Slot } from '#sessions';
import { Injectable } from '@nestjs/common';
import { GoalRequestStore } from '../goal/goal-request.store.js';
import {
  alreadyBound,
  createInFlight,
  fundingSettled,
  goalFailed,
  goalNotFound,
  pairNotBound,
} from '../goal/goal.problems.js';
import { classOf } from '../goal/goal.view.js';
import { isFundingOver } from '../goal/outcome.js';
import { isOpen } from '../goal/rules.js';
import { GoalReader, type KnownGoal, notStored } from '../read-goal/goal.reader.js';

/** A place that a goal has: since when, and whether it has it by this call. */
interface Claim {
  accepted_at: Date;
  isNew: boolean;
}

/**
 * Finds the place of a new goal in its session and stores the request under it, so that one alone of all requests that race for a
 * place is accepted, while none of them is stored yet and ever after.
 */
@Injectable()
export class Placement {
  constructor(
    private readonly requests: GoalRequestStore,
    private readonly goals: GoalReader,
    private readonly clock: Clock,
  ) {}

  /** The goal that opened the pair which the new goal completes; undefined if there is none. */
  async findOpener(goal: NewGoal, slot: Slot): Promise<KnownGoal | undefined> {
    return slot.kind === 'completes-pair' ? this.goals.find(openerIdOf(goal, slot)) : undefined;
  }

  /** The place that the goal is to claim, its own id if it needs none. Throws if the place is not to be had. */
  async placeOf(
    goal: NewGoal,
    slot: Slot,
    session: SessionRecord,
    opener: KnownGoal | undefined,
  ): Promise<string> {
    if (slot.kind === 'opens-pair') return goal.goal_id;
    return slot.kind === 'single'
      ? this.singlePlace(goal, slot, session)
      : secondPlace(goal, slot, session, opener);
  }

  /**
   * Stores the request of a goal under its place: it is accepted and never lost from then on. Throws if another goal has the place
   * and keeps it. May be repeated.
   */
  async claim(place: string, goal: NewGoal, slot: Slot): Promise<Claim> {
    for (;;) {
      const acceptedAt = this.clock.now();
      const holder = await this.requests.claim(place, goal, acceptedAt);
      const goal_id = holder.goal_id.toHexString();
      if (goal_id === goal.goal_id)
        return {
          accepted_at: holder.accepted_at,
          isNew: holder.accepted_at.getTime() === acceptedAt.getTime(),
        };
      if (await this.keeps(goal_id, slot)) throw createInFlight('Another goal stands there.', { goal_id });
      const taken = await this.requests.takeOver(holder, goal, acceptedAt);
      if (taken) return { accepted_at: acceptedAt, isNew: true };
    }
  }

  /** Gives up the place of a goal that was refused after it. */
  async giveUp(goalId: string): Promise<void> {
    await this.requests.release(goalId);
  }

  /** A single slot is free again once its goal is over. */
  private async singlePlace(
    { goal_id }: NewGoal,
    { field }: SingleSlot,
    session: SessionRecord,
  ): Promise<string> {
    const standing = session[field]?.toHexString();
    if (standing && standing !== goal_id && (await this.isOpen(standing)))
      throw alreadyBound('The session has such a goal already; it has to end first.', { goal_id: standing });
    return `${field}:${session._id.toHexString()}`;
  }

  /** A goal keeps a single slot until it is over or has failed, and a pair for ever, unless it was cancelled before it was bound. */
  private async keeps(goalId: string, slot: Slot): Promise<boolean> {
    if (slot.kind === 'single') return this.isOpen(goalId);
    const known = await this.goals.find(goalId);
    return known !== undefined && !('stored' in known && known.stored.released);
  }

  /** Whether a goal is there and not over. */
  private async isOpen(goalId: string): Promise<boolean> {
    const known = await this.goals.find(goalId);
    if (!known) return false;
    if ('waiting' in known) return known.waiting.deadBecause === undefined;
    return isOpen(known.stored, this.clock.now());
  }
}

/** The opener is of the same session and has its pair there; the second place of the pair is taken once and for all. */
function secondPlace(
  goal: NewGoal,
  slot: CompletingSlot,
  session: SessionRecord,
  opener: KnownGoal | undefined,
): string {
  const openerId = openerIdOf(goal, slot);
  assertOpens(opener, goal, slot);
  const pair = pairsOf(session, slot.pairs).find(({ first }) => first?.toHexString() === openerId);
  if (!pair) throw pairNotBound('Wait until the session shows the pair of the goal that it refers to.');
  const standing = pair.second?.toHexString();
  if (standing && standing !== goal.goal_id)
    throw alreadyBound('Another goal stands there already.', { goal_id: standing });
  return `pair:${openerId}`;
}

/** The id by which the new goal names the one that opened its pair; the request of its class requires it. */
function openerIdOf({ context }: NewGoal, { opener }: CompletingSlot): string {
  return context[opener.reference]!;
}

/** Throws if the goal that should have opened the pair is unknown, pending, of another class or session, was released, or pays for no show any more. */
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
  if (slot.opener.class === 'ShowFundingGoal' && isFundingOver(known.stored))
    throw fundingSettled('Its tickets are settled, or are about to be.');
}
