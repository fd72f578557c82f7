import { type Correction, type GoalClass, goalClasses } from '#contracts';
import { inBatches, toObjectId, type Transaction } from '#platform';
import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { outboxEntry } from './goal-changed.event.js';
import { GOAL_MODEL, type GoalRecord, type Publication, storedClasses } from './goal.schema.js';
import { classOf, opensAt } from './goal.view.js';
import type { FundingSales, Progress } from './progress.js';
import type { GoalState } from './rules.js';

/** The others are for a process of the release that knows them. */
const knownClasses = storedClasses(...goalClasses);

/** A job that has taken a publication for so long is gone: its own next try comes sooner. */
const takeOverAfterMs = 30_000;

/** So many goals are queued at once by the sweep. */
const batchOfUnpublished = 200;

/** How far a goal is, and which goal it is. */
export interface GoalInProgress extends Progress {
  version: number;
  /** Undefined for a class that this release does not know. */
  goalClass: GoalClass | undefined;
  sessionId: string;
}

/** Reads and writes how far goals are, and what of it is published. */
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
        unpublished: true,
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

  /**
   * Begins to publish progress and outbox for a job, or continues what the same job, or one that is gone, had begun: then with the snapshot
   * that was taken first, whatever has happened since. Undefined if all is published, or another job is publishing.
   */
  async openPublication(goalId: string, job: string): Promise<Publication | undefined> {
    const isGone = { $lt: ['$publication.taken_at', { $subtract: ['$$NOW', takeOverAfterMs] }] };
    const taken = { job: { $literal: job }, taken_at: '$$NOW' };
    const goal = await this.goals.collection.findOneAndUpdate(
      {
        _id: toObjectId(goalId),
        unpublished: true,
        $or: [{ publication: { $exists: false } }, { 'publication.job': job }, { $expr: isGone }],
      },
      [
        {
          $set: {
            publication: { $mergeObjects: [{ occurred_at: '$$NOW', goal: '$$ROOT' }, '$publication', taken] },
          },
        },
      ],
      { returnDocument: 'after', projection: { publication: 1 } },
    );
    return goal?.publication as Publication | undefined;
  }

  /** Notes that a publication is made. Says whether there is more to publish by now; may be repeated. */
  async closePublication(goalId: string, { goal: published }: Publication): Promise<boolean> {
    const { version, progress = 0, level = 0, late_tickets = 0, outbox = [] } = published;
    const state = published.performance?.state ?? 'paused';
    const behind = { $slice: ['$outbox', outbox.length, { $max: [1, { $size: '$outbox' }] }] };

    const goal = await this.goals.collection.findOneAndUpdate(
      {
        _id: toObjectId(goalId),
        publication: { $exists: true },
        'publication.goal.version': version ?? null,
      },
      [
        {
          $set: {
            published_level: { $max: ['$published_level', published.peak_level ?? level] },
            published: { $literal: { progress, level, late_tickets, state } },
            // What was added to the outbox meanwhile stands behind what is published.
            ...(outbox.length > 0 && {
              outbox: { $cond: [{ $gt: [{ $size: '$outbox' }, outbox.length] }, behind, '$$REMOVE'] },
            }),
            unpublished: { $cond: [{ $eq: ['$version', '$publication.goal.version'] }, '$$REMOVE', true] },
            publication: '$$REMOVE',
          },
        },
      ],
      { returnDocument: 'after', projection: { unpublished: 1 } },
    );
    return goal?.unpublished === true;
  }

  /** Has all of a goal's progress published again, each level that it has reached included. */
  async forgetPublished(goalId: string): Promise<void> {
    await this.goals.updateOne(
      { _id: toObjectId(goalId) },
      { $set: { unpublished: true }, $unset: { published: 1, published_level: 1 } },
    );
  }

  /** Goals of known classes whose progress or outbox is not published, in batches: what they count, what is in the outbox. */
  unpublished(): AsyncIterable<GoalRecord[]> {
    const goals = this.goals
      .find(
        { unpublished: true, _cls: { $in: knownClasses } },
        { _id: 1, unit: 1, 'outbox.v': 1, 'outbox.type': 1 },
      )
      .lean<GoalRecord>()
      .cursor();
    return inBatches(goals, batchOfUnpublished);
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
