import type { Correction, GoalClass } from '#contracts';
import { toObjectId, type TraceContext, type Transaction } from '#platform';
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
  /** Whether it is marked as having something to publish. */
  isMarked: boolean;
}

/** How far a goal comes from the version that was read. */
export interface ProgressChange {
  goalId: string;
  version: number;
  after: Progress;
  corrections: Correction[];
  /** When it reached its last level; absent if it has not, or had before. */
  completedAt: Date | undefined;
  /** The request that it is part of; by default the one that runs now. */
  origin?: TraceContext | undefined;
}

/** How long marking goals may take. */
const longestMarkMs = 100;

/** Reads and writes how far goals are. */
@Injectable()
export class ProgressStore {
  constructor(@InjectModel(GOAL_MODEL) private readonly goals: Model<GoalRecord>) {}

  /** How far goals are as a transaction sees them, or else as a majority has them, by their ids; those that exist. */
  async read(goalIds: string[], transaction?: Transaction): Promise<Map<string, GoalInProgress>> {
    const found = await this.goals
      .find({ _id: { $in: goalIds.map(toObjectId) } })
      .session(transaction ?? null)
      .lean<GoalRecord[]>();
    return new Map(found.map((goal) => [goal._id.toHexString(), inProgress(goal)]));
  }

  /** Stores that something of a goal has changed that its own fields do not show; it is published as goal.updated. */
  async noteUpdate(goalId: string, changes: string[], transaction: Transaction): Promise<void> {
    await this.goals.collection.updateOne(
      { _id: toObjectId(goalId) },
      {
        $set: changedNow(),
        $push: { outbox: outboxEntry({ type: 'goal.updated', changes }) } as never,
        $inc: { version: 1 },
      },
      { session: transaction },
    );
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

  /**
   * Marks goals as having something to publish, ahead of the transaction that brings it and marks them if they are not: there a
   * write that touches an index costs mongod more than all the rest. If the transaction fails, nothing is published. It gives up
   * if a goal is held by a transaction of others.
   */
  async mark(goalIds: string[]): Promise<void> {
    if (goalIds.length === 0) return;
    await this.goals.collection.updateMany(
      { _id: { $in: goalIds.map(toObjectId) }, unpublished: { $ne: true } },
      { $set: { unpublished: true } },
      { hint: { _id: 1 }, writeConcern: { w: 1 }, maxTimeMS: longestMarkMs },
    );
  }

  /**
   * Writes how far goals are by now and what was corrected; they are unpublished until a publication of them is closed. False
   * if one of them has another version than it had when it was read: then the transaction must not be committed.
   */
  async write(changes: ProgressChange[], transaction: Transaction): Promise<boolean> {
    if (changes.length === 0) return true;
    const updates = changes.map((change) => ({ updateOne: writeOf(change) }));
    const { matchedCount } = await this.goals.collection.bulkWrite(updates as object[] as never, {
      session: transaction,
    });
    return matchedCount === changes.length;
  }
}

function writeOf({ goalId, version, after, corrections, completedAt, origin }: ProgressChange) {
  const { progress, level, peakLevel, funding } = after;
  const entries = corrections.map((fields) => outboxEntry({ type: 'goal.corrected', ...fields }));
  return {
    // An older document has no version yet.
    filter: { _id: toObjectId(goalId), version: version === 0 ? { $in: [0, null] } : version },
    update: {
      $set: {
        progress,
        level,
        peak_level: peakLevel,
        ...changedNow(origin),
        ...(funding && { late_tickets: funding.lateTickets }),
        ...(completedAt && { status: 'completed', active: false, completed_at: completedAt }),
      },
      $inc: { version: 1 },
      ...(entries.length > 0 && { $push: { outbox: { $each: entries } } }),
    },
  };
}

function inProgress(goal: GoalRecord): GoalInProgress {
  return {
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
    isMarked: goal.unpublished === true,
    ...(classOf(goal) === 'ShowGoal' && { measuresTime: goal.unit === 'seconds' }),
    ...(classOf(goal) === 'ShowFundingGoal' && { funding: salesOf(goal) }),
  };
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
