import {
  goalClasses,
  type GoalContext,
  type GoalLevel,
  type Outcome,
  type PerformanceState,
  type PlannedShow,
  type SalesEnd,
  type VoidReason,
} from '#contracts';
import { RequestContext, type TraceContext } from '#platform';
import { Schema, type Types } from 'mongoose';
import { type GoalClasses, timedClasses } from './goal-classes.js';
import type { OutboxEntry } from './goal-changed.event.js';
import type { GoalState } from './rules.js';

/** A delivery that failed for good and left the goal incomplete. */
export interface GoalFailure {
  handler: string;
  reason: string;
  /** The same for all tries of a job until it is replayed; older documents lack it. */
  failure_id?: string;
}

/** Why a goal was cancelled: on its own, or because its session ended. */
export type CancelReason = 'cancelled' | 'session_ended';

/** A publication that has begun: each try publishes just this, until it is closed. */
export interface Publication {
  /** The process that publishes it, and since when. */
  publisher: string;
  taken_at: Date;
  /** Which call has taken it; another one, also of the same process, has another. */
  taking?: string;
  /** When it was begun, and the goal as it was then. */
  occurred_at: Date;
  goal: GoalRecord;
}

/** How far a goal is, as screens were told last. */
export type PublishedProgress = Pick<GoalRecord, 'progress' | 'level' | 'late_tickets'> & {
  /** Of a show in seconds: whether it is live. */
  state?: PerformanceState;
};

/** What of a show in seconds was reported; its progress is made of it. */
export interface Performance {
  state: PerformanceState;
  /** When the latest report was. While live, time has counted since then, unless no report comes for too long. */
  reported_at: Date;
  /** Milliseconds of live time up to that report. */
  live_ms: number;
  /** Set if that report said live and the show counts as paused, since no other came in time. */
  silent?: true;
}

/** How a show has ended. */
export type ShowEnd = 'finished' | 'expired' | 'cancelled' | 'session_ended';

/** The part of a goal that only ShowFundingGoals have. */
export interface FundingRecord {
  minimum_level?: number;
  sales_until?: SalesEnd;
  show?: PlannedShow;
  outcome?: Outcome;
  void_reason?: VoidReason | null;
  /** The amount of late tickets. */
  late_tickets?: number;
  /** The show that was accepted for it, bound or not yet, and when that was. */
  accepted_show?: { goal_id: string; at: Date };
  /** When the countdown ended: at exp, or when a show was bound before. */
  countdown_ended_at?: Date;
  settle_by?: Date;
  settled_at?: Date;
  /** What was settled: how many contributions, and their sum. */
  settlement?: { tickets: number; total: number };
}

/** The part of a goal that only ShowGoals have. */
export interface ShowRecord {
  /** How it has ended, and whether it was delivered; set when it ends, together with `ended_at`. */
  ended_by?: ShowEnd;
  delivered?: boolean;
  performance?: Performance;
}

/** A goal as it is stored; older documents may lack what has a default. */
export interface GoalRecord extends FundingRecord, ShowRecord {
  _id: Types.ObjectId;
  /** The class; documents of older writers may have its path, `Goal.ShowGoal`. */
  _cls: string;
  active?: boolean;
  status?: GoalState;
  /** Why it was cancelled. */
  cancel_reason?: CancelReason;
  activated_at?: Date;
  /** When it reached its last level; it takes contributions on up to its exp. */
  completed_at?: Date;
  /** When it expired or was cancelled; a ShowGoal ends also after it was completed. */
  ended_at?: Date;
  /** Absent while all is well. */
  failures?: GoalFailure[];
  /** Set if it was cancelled because it had failed before it was bound: it has no place, and no handler binds it any more. */
  released?: boolean;
  version?: number;
  levels?: GoalLevel[];
  level?: number;
  /** The highest level that it has ever had. */
  peak_level?: number;
  progress?: number;
  /** What progress and targets count; documents of older writers lack it. */
  unit?: string;
  /** Set while its progress or its outbox has changed and that is not published. */
  unpublished?: boolean;
  /** The request, and the trace, of the last change that is not published. */
  change_context?: TraceContext | null;
  /** Changes to publish, oldest first; each is written together with what it says. */
  outbox?: OutboxEntry[];
  /** What is being published. */
  publication?: Publication;
  /** The last level that was published; none is published twice. */
  published_level?: number;
  /** The progress that was published last. */
  published?: PublishedProgress;
  conditions: { session_id: string };
  context: GoalContext;
  metadata?: Record<string, unknown>;
  nbf?: Date;
  exp?: Date | null;
  /** Its exp before it was extended; absent if it never was. */
  first_exp?: Date;
  created_at?: Date;
}

/** The filter for a goal that has not changed since it was read: what each compare-and-set compares. */
export const unchanged = ({ _id, version }: Pick<GoalRecord, '_id' | 'version'>) => ({
  _id,
  version: version ?? { $in: [0, null] },
});

/** What a write sets that changes something which is to be published, by default in the request or job that runs now. */
export const changedNow = (origin = RequestContext.current?.traceContext) => ({
  unpublished: true,
  change_context: origin ?? null,
});

/** The forms in which a stored document may name these classes. */
export const storedClasses = (...classes: string[]): string[] =>
  classes.flatMap((goalClass) => [goalClass, `Goal.${goalClass}`]);

/**
 * The filter for open goals with timers whose exp ends a countdown, or whose exp does not. It names all classes with timers and
 * leaves some out, since the index on exp serves only queries that name them all.
 */
export function openUntilExp(classes: GoalClasses, { countdown }: { countdown: boolean }): object {
  const timed = timedClasses(classes);
  const others = timed.filter((goalClass) => Boolean(classes[goalClass].countdown) !== countdown);
  return {
    status: { $in: ['scheduled', 'active'] },
    _cls: { $in: storedClasses(...timed), $nin: storedClasses(...others) },
  };
}

/** ShowGoals, in either form. */
export const storedShows = storedClasses('ShowGoal');

/** The schema, with the indexes that the timed classes need. */
export function goalSchema(classes: GoalClasses): Schema<GoalRecord> {
  const schema = new Schema<GoalRecord>(
    {
      _cls: { type: String, enum: storedClasses(...goalClasses), required: true },
      active: { type: Boolean, default: true },
      status: String,
      cancel_reason: String,
      activated_at: Date,
      completed_at: Date,
      ended_at: Date,
      failures: {
        type: [{ _id: false, handler: String, reason: String, failure_id: String }],
        default: undefined,
      },
      released: Boolean,
      version: { type: Number, default: 0 },
      levels: [{ _id: false, title: String, target: Number }],
      level: { type: Number, default: 0 },
      peak_level: Number,
      progress: { type: Number, default: 0 },
      unit: String,
      unpublished: Boolean,
      change_context: {},
      outbox: { type: [{}], default: undefined },
      publication: {},
      published_level: Number,
      published: {},
      minimum_level: Number,
      sales_until: String,
      show: {},
      outcome: String,
      void_reason: String,
      late_tickets: Number,
      accepted_show: {},
      countdown_ended_at: Date,
      settle_by: Date,
      settled_at: Date,
      settlement: {},
      ended_by: String,
      delivered: Boolean,
      performance: {},
      conditions: {},
      context: {},
      metadata: {},
      nbf: Date,
      exp: Date,
      first_exp: Date,
      created_at: Date,
    },
    { collection: 'goal', versionKey: false, minimize: false },
  );
  schema.index({ 'conditions.session_id': 1, _id: 1 });
  schema.index({ _cls: 1, _id: 1 });
  schema.index({ status: 1, _id: 1 });
  schema.index({ _cls: 1, status: 1, _id: 1 });
  // Its keys are those of the index above, so that it needs a name of its own.
  schema.index(
    { _cls: 1, _id: 1 },
    { name: 'failed', partialFilterExpression: { 'failures.handler': { $exists: true } } },
  );
  schema.index({ unpublished: 1 }, { partialFilterExpression: { unpublished: true } });

  // Funding goals that are not settled: those whose countdown runs by exp, the others by settle_by.
  const unsettled = { $in: ['open', 'funded', 'underfunded'] };
  schema.index({ outcome: 1, exp: 1 }, { partialFilterExpression: { outcome: unsettled } });
  schema.index({ outcome: 1, settle_by: 1 }, { partialFilterExpression: { outcome: unsettled } });
  schema.index({ outcome: 1, status: 1 }, { partialFilterExpression: { outcome: unsettled } });

  // Shows that go on, whether completed or not, and those of them that are live.
  schema.index(
    { status: 1, ended_at: 1, exp: 1 },
    { partialFilterExpression: { _cls: { $in: storedShows } } },
  );
  schema.index({ 'performance.state': 1 }, { partialFilterExpression: { 'performance.state': 'live' } });

  const timed = storedClasses(...timedClasses(classes));
  schema.index({ nbf: 1 }, { partialFilterExpression: { status: 'scheduled', _cls: { $in: timed } } });
  schema.index(
    { exp: 1 },
    { partialFilterExpression: { status: { $in: ['scheduled', 'active'] }, _cls: { $in: timed } } },
  );
  return schema;
}

export const GOAL_MODEL = 'Goal';
