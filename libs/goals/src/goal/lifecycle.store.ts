import { Clock, inBatches, toObjectId } from '#platform';
import { Inject, Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model, Types } from 'mongoose';
import { GOAL_CLASSES, type GoalClasses, timedClasses } from './goal-classes.js';
import { type CancelReason, GOAL_MODEL, type GoalRecord, storedClasses } from './goal.schema.js';
import { after, type GoalState, stateOf, type Transition } from './rules.js';

const open: GoalState[] = ['scheduled', 'active'];
/** Goals that are open; one of an older writer has no state, but says whether it is active. */
const notOver = { $or: [{ status: { $in: open } }, { status: null, active: { $ne: false } }] };

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

/** What became of a step: the goal after it, or the goal as it is because its state does not allow the step. */
export interface StepOutcome {
  goal: GoalRecord;
  taken: boolean;
}

/** Whether an open goal ends after a moment. */
export const endsAfter = (goal: GoalRecord, moment: Date): boolean =>
  open.includes(stateOf(goal)) && !!goal.exp && goal.exp > moment;

/** Takes goals through their states, each step by compare-and-set on `version`, and finds those that are due. */
@Injectable()
export class LifecycleStore {
  private readonly timed: string[];

  constructor(
    @InjectModel(GOAL_MODEL) private readonly goals: Model<GoalRecord>,
    private readonly clock: Clock,
    @Inject(GOAL_CLASSES) classes: GoalClasses,
  ) {
    this.timed = storedClasses(...timedClasses(classes));
  }

  /**
   * Takes a step; at `due`, if it is given, no goal expires whose end has moved beyond that. Returns undefined if there is no such
   * goal.
   */
  async step(
    goalId: string,
    transition: Transition,
    reason?: CancelReason,
    due?: Date,
  ): Promise<StepOutcome | undefined> {
    for (;;) {
      const goal = await this.goals.findById(toObjectId(goalId)).lean<GoalRecord>();
      if (!goal) return undefined;
      const next = after(stateOf(goal), transition);
      const isEarly = transition === 'expire' && due !== undefined && endsAfter(goal, due);
      if (!next || isEarly) return { goal, taken: false };
      const changed = await this.change(goal, next, reason);
      if (changed) return { goal: changed, taken: true };
    }
  }

  /** Scheduled goals whose nbf is within a span, earliest first, in batches. */
  dueToActivate(span: Span): AsyncIterable<GoalRecord[]> {
    return this.due('nbf', ['scheduled'], span);
  }

  /** Open goals whose exp is within a span, likewise. */
  dueToExpire(span: Span): AsyncIterable<GoalRecord[]> {
    return this.due('exp', open, span);
  }

  /** By a cursor, not page by page: a goal that cannot be handled stays due, and must not hold up those behind it. */
  private due(field: 'nbf' | 'exp', states: GoalState[], { from, to }: Span): AsyncIterable<GoalRecord[]> {
    const due = this.goals
      .find({
        status: { $in: states },
        _cls: { $in: this.timed },
        [field]: { ...(from && { $gt: from }), $lte: to },
      })
      .sort({ [field]: 1 })
      .lean<GoalRecord>()
      .cursor({ batchSize: batchOfDue });
    return inBatches(due, batchOfDue);
  }

  /** Cancels all open goals of a session that has ended, many in a call. The state in the filter is what each step compares. */
  async cancelAllOf(sessionId: string): Promise<void> {
    for (let last: Types.ObjectId | undefined; ;) {
      const goals = await this.goals
        .find({ ...ofSession(sessionId, last), ...notOver }, { _id: 1 })
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

  /** Pages of a session's goals that were cancelled because it ended, since a moment. */
  async *cancelledWith(sessionId: string, since: Date): AsyncGenerator<GoalRecord[]> {
    for (let last: Types.ObjectId | undefined; ;) {
      const goals = await this.goals
        .find({
          ...ofSession(sessionId, last),
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

  /** Undefined if the goal was changed since it was read. */
  private async change(
    goal: GoalRecord,
    next: GoalState,
    reason?: CancelReason,
  ): Promise<GoalRecord | undefined> {
    const now = this.clock.now();
    const changed = await this.goals
      .findOneAndUpdate(
        { _id: goal._id, version: goal.version ?? { $in: [0, null] } },
        {
          $set: {
            status: next,
            active: next === 'active',
            ...(next === 'active' ? { activated_at: now } : { ended_at: now }),
            ...(next === 'cancelled' && { cancel_reason: reason }),
          },
          $inc: { version: 1 },
        },
        { returnDocument: 'after' },
      )
      .lean<GoalRecord>();
    return changed ?? undefined;
  }
}
