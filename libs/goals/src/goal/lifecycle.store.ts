import { goalClasses } from '#contracts';
import { toObjectId } from '#platform';
import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { type CancelReason, GOAL_MODEL, type GoalRecord, storedClasses } from './goal.schema.js';
import { after, type GoalState, isOver, stateOf, type Transition } from './state.js';
import { goalTraits } from './traits.js';

const timed = storedClasses(...goalClasses.filter((goalClass) => !goalTraits[goalClass].untimed));
const open: GoalState[] = ['scheduled', 'active'];

/** What became of a step: the goal after it, or the goal as it is because its state does not allow the step. */
export interface StepOutcome {
  goal: GoalRecord;
  taken: boolean;
}

/** Takes goals through their states, each step by compare-and-set on `version`, and finds those that are due. */
@Injectable()
export class LifecycleStore {
  constructor(@InjectModel(GOAL_MODEL) private readonly goals: Model<GoalRecord>) {}

  /** Takes a step. Returns undefined where there is no such goal. */
  async step(
    goalId: string,
    transition: Transition,
    reason?: CancelReason,
  ): Promise<StepOutcome | undefined> {
    for (;;) {
      const goal = await this.goals.findById(toObjectId(goalId)).lean<GoalRecord>();
      if (!goal) return undefined;
      const next = after(stateOf(goal), transition);
      if (!next) return { goal, taken: false };
      const changed = await this.change(goal, next, reason);
      if (changed) return { goal: changed, taken: true };
    }
  }

  /** Scheduled goals whose nbf is before a moment, earliest first. */
  async dueToActivate(before: Date, limit: number): Promise<GoalRecord[]> {
    return this.goals
      .find({ status: 'scheduled', _cls: { $in: timed }, nbf: { $lte: before } })
      .sort({ nbf: 1 })
      .limit(limit)
      .lean<GoalRecord[]>();
  }

  /** Open goals whose exp is before a moment, earliest first. */
  async dueToExpire(before: Date, limit: number): Promise<GoalRecord[]> {
    return this.goals
      .find({ status: { $in: open }, _cls: { $in: timed }, exp: { $lte: before } })
      .sort({ exp: 1 })
      .limit(limit)
      .lean<GoalRecord[]>();
  }

  /** Ids of the goals of a session that are to end with it: the open ones, and those that did but may not have told of it. */
  async endingOf(sessionId: string): Promise<string[]> {
    const goals = await this.goals
      .find({ 'conditions.session_id': sessionId, status: { $nin: ['completed', 'expired'] } })
      .lean<GoalRecord[]>();
    return goals
      .filter((goal) => !isOver(stateOf(goal)) || goal.cancel_reason === 'session_ended')
      .map(({ _id }) => _id.toHexString());
  }

  /** Undefined where somebody else changed the goal since it was read. */
  private async change(
    goal: GoalRecord,
    next: GoalState,
    reason?: CancelReason,
  ): Promise<GoalRecord | undefined> {
    const now = new Date();
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
