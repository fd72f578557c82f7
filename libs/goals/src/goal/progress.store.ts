import { type GoalClass, goalClasses } from '#contracts';
import { asSeenBy, toObjectId, type Transaction } from '#platform';
import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { GOAL_MODEL, type GoalRecord, storedClasses } from './goal.schema.js';
import { classOf, opensAt } from './goal.view.js';
import type { Progress } from './progress.js';

/** The others are for a process of the release that knows them. */
const knownClasses = storedClasses(...goalClasses);

/** How far a goal is, and which goal it is. */
export interface GoalInProgress extends Progress {
  version: number;
  /** Undefined for a class that this release does not know. */
  goalClass: GoalClass | undefined;
  sessionId: string;
}

/** Reads and writes how far goals are, and what of it has been told. */
@Injectable()
export class ProgressStore {
  constructor(@InjectModel(GOAL_MODEL) private readonly goals: Model<GoalRecord>) {}

  /** How far a goal is as a transaction sees it, or else as a majority has it; undefined where there is none. */
  async read(goalId: string, transaction?: Transaction): Promise<GoalInProgress | undefined> {
    const goal = await asSeenBy(transaction, this.goals.findById(toObjectId(goalId))).lean<GoalRecord>();
    return goal
      ? {
          // One that an older writer has closed does not say how it ended; it takes nothing.
          state: goal.status ?? (goal.active === false ? 'expired' : 'active'),
          levels: goal.levels ?? [],
          progress: goal.progress ?? 0,
          level: goal.level ?? 0,
          nbf: opensAt(goal),
          exp: goal.exp ?? null,
          version: goal.version ?? 0,
          goalClass: classOf(goal),
          sessionId: goal.conditions?.session_id,
        }
      : undefined;
  }

  /** The version that a goal has, as a session sees it; 0 where there is none. */
  async version(goalId: string, session: Transaction): Promise<number> {
    const goal = await this.goals
      .findById(toObjectId(goalId), { version: 1 })
      .session(session)
      .lean<Pick<GoalRecord, 'version'>>();
    return goal?.version ?? 0;
  }

  /** Writes how far a goal is by now; it counts as untold until somebody has told of it. */
  async write(
    goalId: string,
    { progress, level }: Progress,
    /** When it reached its last level; absent where it has not, or had before. */
    completedAt: Date | undefined,
    transaction: Transaction,
  ): Promise<void> {
    await this.goals.collection.updateOne(
      { _id: toObjectId(goalId) },
      {
        $set: {
          progress,
          level,
          untold: true,
          ...(completedAt && { status: 'completed', active: false, completed_at: completedAt }),
        },
        $inc: { version: 1 },
      },
      { session: transaction },
    );
  }

  /** Notes what was told of a goal; where it has changed since, there is more to tell. */
  async markTold(goal: GoalRecord): Promise<void> {
    await this.goals.updateOne({ _id: goal._id }, { $max: { told_level: goal.level ?? 0 } });
    await this.goals.updateOne({ _id: goal._id, version: goal.version }, { $unset: { untold: 1 } });
  }

  /** Ids of goals of known classes whose progress nobody has told of. */
  async untold(limit: number): Promise<string[]> {
    const goals = await this.goals
      .find({ untold: true, _cls: { $in: knownClasses } }, { _id: 1 })
      .limit(limit)
      .lean<Pick<GoalRecord, '_id'>[]>();
    return goals.map(({ _id }) => _id.toHexString());
  }
}
