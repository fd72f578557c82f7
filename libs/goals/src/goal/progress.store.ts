import type { Correction, GoalClass } from '#contracts';
import { toObjectId, type Transaction } from '#platform';
import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { outboxEntry } from './goal-changed.event.js';
import { changedNow, GOAL_MODEL, type GoalRecord } from './goal.schema.js';
import { classOf, opensAt } from './goal.view.js';
import type { FundingSales, Progress } from './progress.js';
import type { GoalState } from './rules.js';

/** How far a goal is, and which goal it is. */
export interface GoalInProgress extends Progress {
  version: number;
  /** Undefined for a class that this release does not know. */
  goalClass: GoalClass | undefined;
  sessionId: string;
}

/** Reads and writes how far goals are. */
@Injectable()
export class ProgressStore {
  constructor(@InjectModel(GOAL_MODEL) private readonly goals: Model<GoalRecord>) {}

  /** How far a goal is as a transaction sees it, or else as a majority has it; undefined if there is none. */
  async read(goalId: string, transaction?: Transaction): Promise<GoalInProgress | undefined> {
    const goal = await this.goals
      .findById(toObjectId(goalId))
      .session(transaction ?? null)
      .lean<GoalRecord>();
    return goal
      ? {
          state: takingState(goal),
          levels: goal.levels ?? [],
          progress: goal.progress ?? 0,
          level: goal.level ?? 0,
          peakLevel: goal.peak_level ?? goal.level ?? 0,
          nbf: opensAt(goal),
          exp: goal.exp ?? null,
          version: goal.version ?? 0,
          goalClass: classOf(goal),
          sessionId: goal.conditions?.session_id,
          ...(classOf(goal) === 'ShowGoal' && { measuresTime: goal.unit === 'seconds' }),
          ...(classOf(goal) === 'ShowFundingGoal' && { funding: salesOf(goal) }),
        }
      : undefined;
  }

  /** The version that a goal has at the moment of a snapshot; 0 if there is none. */
  async version(goalId: string, session: Transaction): Promise<number> {
    const goal = await this.goals
      .findById(toObjectId(goalId), { version: 1 })
      .session(session)
      .readConcern('snapshot')
      .lean<Pick<GoalRecord, 'version'>>();
    return goal?.version ?? 0;
  }

  /** Writes how far a goal is by now and what was corrected; it is unpublished until a publication of it is closed. */
  async write(
    goalId: string,
    { progress, level, peakLevel, funding }: Progress,
    corrections: Correction[],
    /** When it reached its last level; absent if it has not, or had before. */
    completedAt: Date | undefined,
    transaction: Transaction,
  ): Promise<void> {
    const entries = corrections.map((fields) => outboxEntry({ type: 'goal.corrected', ...fields }));
    const update = {
      $set: {
        progress,
        level,
        peak_level: peakLevel,
        ...changedNow(),
        ...(funding && { late_tickets: funding.lateTickets }),
        ...(completedAt && { status: 'completed', active: false, completed_at: completedAt }),
      },
      $inc: { version: 1 },
      ...(entries.length > 0 && { $push: { outbox: { $each: entries } } }),
    };
    await this.goals.collection.updateOne({ _id: toObjectId(goalId) }, update as object, {
      session: transaction,
    });
  }
}

/** The state of a goal as far as contributions go. */
function takingState(goal: GoalRecord): GoalState {
  // A show that has ended takes nothing more, though it stays completed if it was.
  if (classOf(goal) === 'ShowGoal' && goal.ended_at && goal.status === 'completed') return 'expired';
  // One that an older writer has closed does not say how it ended; it takes nothing.
  return goal.status ?? (goal.active === false ? 'expired' : 'active');
}

/** What decides whether a funding goal sells; what an older document lacks has its default. */
function salesOf(goal: GoalRecord): FundingSales {
  return {
    outcome: goal.outcome ?? 'open',
    minimumLevel: goal.minimum_level ?? 1,
    salesUntil: goal.sales_until ?? 'show_end',
    hasShow: goal.context?.show_goal_id !== undefined,
    lateTickets: goal.late_tickets ?? 0,
  };
}
