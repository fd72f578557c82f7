import { type Goal, type GoalClass, goalTypes, isGoalClass } from '#contracts';
import { UnknownJobError } from '#platform';
import type { GoalRecord } from './goal.schema.js';
import { stateOf } from './rules.js';

/** The class of a stored goal, whichever form the document has; undefined for one that this release does not know. */
export function classOf({ _cls }: Pick<GoalRecord, '_cls'>): GoalClass | undefined {
  const goalClass = _cls.slice(_cls.lastIndexOf('.') + 1);
  return isGoalClass(goalClass) ? goalClass : undefined;
}

/** The same for callers that need a known class. Throws an UnknownJobError for any other. */
export function knownClassOf(record: Pick<GoalRecord, '_cls'>): GoalClass {
  const goalClass = classOf(record);
  if (!goalClass) throw new UnknownJobError(`no goal class is called ${record._cls}`);
  return goalClass;
}

/** When a goal was created; in an older document only its id says it. */
export function createdAt({ _id, created_at }: Pick<GoalRecord, '_id' | 'created_at'>): Date {
  return isDate(created_at) ? created_at : _id.getTimestamp();
}

/** When a goal's window opens: as soon as it is created, unless it says otherwise. */
export function opensAt(record: Pick<GoalRecord, '_id' | 'created_at' | 'nbf'>): Date {
  return isDate(record.nbf) ? record.nbf : createdAt(record);
}

/** What a goal counts. Documents of older writers do not say it: tickets towards a show, coins in all other classes. */
export function unitOf({ unit }: Pick<GoalRecord, 'unit'>, goalClass: GoalClass): string {
  return unit ?? (goalClass === 'ShowFundingGoal' ? 'tickets' : 'coins');
}

/**
 * A stored goal as it is answered; what an older document lacks has its default. One of a class that this release does not
 * know is shown by what can be read of it.
 */
export function toGoal(record: GoalRecord): Goal {
  const goalClass = classOf(record);
  const failure = record.failures?.[0];
  const reason = failure ? `${failure.handler}: ${failure.reason}` : record.cancel_reason;
  return {
    goal_id: record._id.toHexString(),
    goal_type: goalClass ? goalTypes[goalClass] : null,
    _cls: goalClass ?? record._cls,
    status: failure ? 'failed' : stateOf(record),
    ...(reason && { reason }),
    active: record.active ?? true,
    version: record.version ?? 0,
    levels: Array.isArray(record.levels) ? record.levels : [],
    level: record.level ?? 0,
    peak_level: record.peak_level ?? record.level ?? 0,
    progress: record.progress ?? 0,
    unit: goalClass ? unitOf(record, goalClass) : null,
    conditions: record.conditions ?? {},
    context: { ...record.context, type: goalClass ? goalTypes[goalClass] : null },
    metadata: record.metadata ?? {},
    nbf: opensAt(record).toISOString(),
    exp: isoOrNull(record.exp),
    completed_at: isoOrNull(record.completed_at),
    created_at: createdAt(record).toISOString(),
    ...fundingOf(record, goalClass),
    delivered: (goalClass === 'ShowGoal' ? record.delivered : null) ?? null,
    performance: goalClass === 'ShowGoal' && record.unit === 'seconds' ? performanceOf(record) : null,
  };
}

type FundingFields =
  | 'minimum_level'
  | 'sales_until'
  | 'show'
  | 'outcome'
  | 'void_reason'
  | 'late_tickets'
  | 'settle_by'
  | 'settled_at';

/** The fields of a funding goal, which goals of other classes have as null. */
function fundingOf(record: GoalRecord, goalClass: GoalClass | undefined): Pick<Goal, FundingFields> {
  const isFunding = goalClass === 'ShowFundingGoal';
  return {
    minimum_level: isFunding ? (record.minimum_level ?? 1) : null,
    sales_until: isFunding ? (record.sales_until ?? 'show_end') : null,
    show: (isFunding && record.show) || null,
    outcome: isFunding ? (record.outcome ?? 'open') : null,
    void_reason: (isFunding && record.void_reason) || null,
    late_tickets: isFunding ? (record.late_tickets ?? 0) : null,
    settle_by: isFunding ? isoOrNull(record.settle_by) : null,
    settled_at: isFunding ? isoOrNull(record.settled_at) : null,
  };
}

const performanceOf = ({ performance, ended_at }: GoalRecord) =>
  performance && !ended_at ? performance.state : 'paused';

const isoOrNull = (value: unknown) => (isDate(value) ? value.toISOString() : null);

/** Another release may write another type; what is no date counts as not there. */
function isDate(value: unknown): value is Date {
  return value instanceof Date && !Number.isNaN(value.getTime());
}
