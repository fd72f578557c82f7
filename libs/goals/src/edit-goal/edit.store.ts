import type { GoalLevel } from '#contracts';
import { toObjectId, type Transaction } from '#platform';
import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { outboxEntry } from '../goal/goal-changed.event.js';
import { changedNow, GOAL_MODEL, type GoalRecord, unchanged } from '../goal/goal.schema.js';

/** Writes what clients change of goals. */
@Injectable()
export class EditStore {
  constructor(@InjectModel(GOAL_MODEL) private readonly goals: Model<GoalRecord>) {}

  /** The goal as it is now, or null if there is none. */
  read(goalId: string): Promise<GoalRecord | null> {
    return this.goals.findById(toObjectId(goalId)).lean<GoalRecord>();
  }

  /**
   * Writes new fields, and that they changed. Compare-and-set on the version: null if the goal has changed since it was read, and
   * then nothing is written.
   */
  async write(
    goal: GoalRecord,
    changes: string[],
    { exp, levels }: { exp?: Date; levels?: GoalLevel[] },
    transaction: Transaction,
  ): Promise<GoalRecord | null> {
    return this.goals
      .findOneAndUpdate(
        unchanged(goal),
        {
          $set: {
            ...(exp && { exp, first_exp: goal.first_exp ?? goal.exp }),
            ...(levels && { levels }),
            ...changedNow(),
          },
          $push: { outbox: outboxEntry({ type: 'goal.updated', changes }) },
          $inc: { version: 1 },
        },
        { returnDocument: 'after', session: transaction },
      )
      .lean<GoalRecord>();
  }
}
