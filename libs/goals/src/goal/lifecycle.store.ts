import { type Actor, type AuditAct, type AuditLine, AuditLog } from '#audit';
import { Clock, inBatches, toObjectId, type Transaction, Transactions } from '#platform';
import { Inject, Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model, Types } from 'mongoose';
import { GOAL_CLASSES, type GoalClasses, timedClasses } from './goal-classes.js';
import { type OutboxEntry, outboxEntry } from './goal-changed.event.js';
import {
  type CancelReason,
  GOAL_MODEL,
  type GoalRecord,
  storedClasses,
  storedShows,
  unchanged,
} from './goal.schema.js';
import { classOf } from './goal.view.js';
import { after, type GoalState, stateOf, type Transition } from './rules.js';
import { endedShow, hasEnded } from './show-end.js';
import { GoalsConfig } from '../goals.config.js';

const open: GoalState[] = ['scheduled', 'active'];
/** Goals that are open; one of an older writer has no state, but says whether it is active. */
const notOver = { $or: [{ status: { $in: open } }, { status: null, active: { $ne: false } }] };
/** Shows end one by one, each with what was performed by then, also those that are completed. */
const noShow = { _cls: { $nin: storedShows } };
const unended = { _cls: { $in: storedShows }, ended_at: null };
const goingOn = { status: { $in: ['active', 'completed'] as GoalState[] } };

/** How many goals of a session are ended or read at once. */
const batch = 500;

const ofSession = (sessionId: string, last?: Types.ObjectId) => ({
  'conditions.session_id': sessionId,
  ...(last && { _id: { $gt: last } }),
});

/** So many goals that are due are handled at once. */
const batchOfDue = 200;

/** A span of time, from just behind `from` up to `to`. */
export interface Span {
  from?: Date;
  to: Date;
}

/** What a step is told besides its name. */
export interface StepDetails {
  reason?: CancelReason;
  /** When it was due: no goal ends whose exp has moved beyond that. */
  due?: Date;
  /** Of a show: whether it was delivered, if that is not for its levels to say. */
  delivered?: boolean;
  /** Who asked for it; absent if nobody did. A step that somebody asked for has a line in the audit log. */
  actor?: Actor;
}

/** What became of a step: the goal after it, or the goal as it is because its state does not allow the step. */
export interface StepOutcome {
  goal: GoalRecord;
  taken: boolean;
}

/** Whether an open goal ends after a moment. */
export const endsAfter = (goal: GoalRecord, moment: Date): boolean =>
  !hasEnded(goal) && !!goal.exp && goal.exp > moment;

/** Takes goals through their states, each step by compare-and-set on `version`, and finds those that are due. */
@Injectable()
export class LifecycleStore {
  private readonly timed: string[];

  constructor(
    @InjectModel(GOAL_MODEL) private readonly goals: Model<GoalRecord>,
    private readonly clock: Clock,
    @Inject(GOAL_CLASSES) classes: GoalClasses,
    private readonly config: GoalsConfig,
    private readonly transactions: Transactions,
    private readonly audit: AuditLog,
  ) {
    this.timed = storedClasses(...timedClasses(classes));
  }

  /**
   * Takes a step. Returns undefined if there is no such goal. The end of a show and the cancellation of a goal stand in its outbox,
   * to be published.
   */
  async step(
    goalId: string,
    transition: Transition,
    details: StepDetails = {},
  ): Promise<StepOutcome | undefined> {
    for (;;) {
      const goal = await this.goals.findById(toObjectId(goalId)).lean<GoalRecord>();
      if (!goal) return undefined;
      const isShow = classOf(goal) === 'ShowGoal';
      const isEarly = details.due !== undefined && endsAfter(goal, details.due);
      const update = isShow
        ? this.showUpdate(goal, transition, details)
        : this.update(goal, transition, details);
      if (!update || isEarly) return { goal, taken: false };
      const changed = await this.write(goal, update, transition, details.actor);
      // Otherwise it was changed since it was read.
      if (changed) return { goal: changed, taken: true };
    }
  }

  /** The goal after the update, null if it has changed since it was read. What somebody asked for is recorded with it. */
  private async write(
    goal: GoalRecord,
    update: Update,
    transition: Transition,
    actor?: Actor,
  ): Promise<GoalRecord | null> {
    const write = (session?: Transaction) =>
      this.goals
        .findOneAndUpdate(
          unchanged(goal),
          { ...update, $inc: { version: 1 } },
          { returnDocument: 'after', session },
        )
        .lean<GoalRecord>();
    const act = actOf[transition];
    if (!actor || !act) return write();
    return this.transactions.run(async (transaction) => {
      const changed = await write(transaction);
      if (changed) await this.audit.record(lineOf(act, actor, goal, changed), transaction);
      return changed;
    });
  }

  /** Scheduled goals whose nbf is within a span, earliest first, in batches. */
  dueToActivate(span: Span): AsyncIterable<GoalRecord[]> {
    return this.due('nbf', { status: 'scheduled', _cls: { $in: this.timed } }, span);
  }

  /** Open goals whose exp is within a span, likewise, and shows that go on. */
  async *dueToExpire(span: Span): AsyncGenerator<GoalRecord[]> {
    yield* this.due('exp', { status: { $in: open }, _cls: { $in: this.timed } }, span);
    // One by one, so that each comes in the order of its index.
    for (const status of goingOn.status.$in) yield* this.due('exp', { ...unended, status }, span);
  }

  /** By a cursor, not page by page: a goal that cannot be handled stays due, and must not hold up those behind it. */
  private due(field: 'nbf' | 'exp', filter: object, { from, to }: Span): AsyncIterable<GoalRecord[]> {
    const due = this.goals
      .find({ ...filter, [field]: { ...(from && { $gt: from }), $lte: to } })
      .sort({ [field]: 1 })
      .lean<GoalRecord>()
      .cursor({ batchSize: batchOfDue });
    return inBatches(due, batchOfDue);
  }

  /** Ids of the shows of a session that go on. */
  async *showsOf(sessionId: string): AsyncGenerator<string> {
    const shows = this.goals
      .find({ ...ofSession(sessionId), ...unended, $or: [goingOn, ...notOver.$or] }, { _id: 1 })
      .sort({ _id: 1 })
      .lean<Pick<GoalRecord, '_id'>>()
      .cursor();
    for await (const { _id } of shows) yield _id.toHexString();
  }

  /** Cancels all open goals of a session that has ended but its shows, many in a call. The state in the filter is what each step compares. */
  async cancelAllOf(sessionId: string): Promise<void> {
    for (let last: Types.ObjectId | undefined; ;) {
      const goals = await this.goals
        .find({ ...ofSession(sessionId, last), ...noShow, ...notOver }, { _id: 1 })
        .sort({ _id: 1 })
        .limit(batch)
        .lean<Pick<GoalRecord, '_id'>[]>();
      const end = {
        status: 'cancelled',
        active: false,
        cancel_reason: 'session_ended',
        ended_at: this.clock.now(),
      };
      if (goals.length > 0)
        await this.goals.updateMany(
          { _id: { $in: goals.map(({ _id }) => _id) }, ...notOver },
          { $set: end, $inc: { version: 1 } },
        );
      if (goals.length < batch) return;
      last = goals.at(-1)?._id;
    }
  }

  /** Pages of a session's goals but its shows that were cancelled because it ended, since a moment. */
  async *cancelledWith(sessionId: string, since: Date): AsyncGenerator<GoalRecord[]> {
    for (let last: Types.ObjectId | undefined; ;) {
      const goals = await this.goals
        .find({
          ...ofSession(sessionId, last),
          ...noShow,
          status: 'cancelled',
          cancel_reason: 'session_ended',
          ended_at: { $not: { $lt: since } },
        })
        .sort({ _id: 1 })
        .limit(batch)
        .lean<GoalRecord[]>();
      if (goals.length > 0) yield goals;
      if (goals.length < batch) return;
      last = goals.at(-1)?._id;
    }
  }

  private update(goal: GoalRecord, transition: Transition, { reason }: StepDetails): Update | undefined {
    const now = this.clock.now();
    const next = stateAfter(goal, transition, reason);
    if (!next) return undefined;
    const $set: Partial<GoalRecord> = {
      status: next,
      active: next === 'active',
      ...(next === 'active' ? { activated_at: now } : { ended_at: now }),
      ...(next === 'cancelled' && { cancel_reason: reason }),
    };
    // No timer or sweep would publish this step; those that end with their session are published with its end.
    if (next !== 'cancelled' || reason !== 'cancelled') return { $set };
    return { $set: { ...$set, unpublished: true }, $push: { outbox: endEntry($set, goal) } };
  }

  private showUpdate(
    show: GoalRecord,
    transition: Transition,
    { reason, delivered }: StepDetails,
  ): Update | undefined {
    const now = this.clock.now();
    const silenceMs = this.config.performanceSilenceMs;
    const $set = endedShow(show, { transition, now, silenceMs, reason, delivered });
    return $set && { $set: { ...$set, unpublished: true }, $push: { outbox: endEntry($set, show) } };
  }
}

/** The fields that a step sets, and what it adds to the outbox. */
interface Update {
  $set: Partial<GoalRecord>;
  $push?: { outbox: OutboxEntry };
}

/** The steps that somebody can ask for. */
const actOf: Partial<Record<Transition, AuditAct>> = { cancel: 'cancel_goal', finish: 'finish_show' };

/** The line in the audit log for the end of a goal that somebody asked for. */
export function lineOf(act: AuditAct, actor: Actor, goal: GoalRecord | null, ended: GoalRecord): AuditLine {
  const target = { goal_id: ended._id.toHexString(), session_id: ended.conditions.session_id };
  return { act, actor, target, before: goal && endOf(goal), after: endOf(ended) };
}

const endOf = (goal: GoalRecord) => ({
  status: stateOf(goal),
  ...(goal.delivered !== undefined && { delivered: goal.delivered }),
});

/** What is told of the end of a show, or of a cancellation. A show that was completed has said so before, and is told by its new fields. */
function endEntry({ status, ended_by }: Partial<GoalRecord>, { exp }: GoalRecord): OutboxEntry {
  if (status === 'completed') return outboxEntry({ type: 'goal.updated', changes: ['delivered'] });
  if (status === 'cancelled') return outboxEntry({ type: 'goal.cancelled', scheduled_for: null });
  const isDue = ended_by === 'expired' && exp;
  return outboxEntry({ type: 'goal.expired', scheduled_for: isDue ? exp.toISOString() : null });
}

/** The state of a goal after a step, or undefined if it does not allow the step. */
function stateAfter(goal: GoalRecord, transition: Transition, reason?: CancelReason): GoalState | undefined {
  const state = stateOf(goal);
  if (reason !== 'cancelled' || classOf(goal) !== 'ShowFundingGoal') return after(state, transition);
  // Its tickets can be given back until they are settled, unless a show was accepted for them.
  const isFree = !goal.settled_at && !goal.accepted_show && !goal.context.show_goal_id;
  return isFree && state !== 'cancelled' ? 'cancelled' : undefined;
}
