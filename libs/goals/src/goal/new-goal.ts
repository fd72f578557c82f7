import { goalTypes, type NewGoal } from '#contracts';
import { DurableEvent, isId, toObjectId } from '#platform';
import type { FundingRecord, GoalRecord } from './goal.schema.js';
import { knownClassOf, opensAt, unitOf } from './goal.view.js';

/** The document of a new goal, as it is before anything has happened to the goal. */
export function recordOf(goal: NewGoal, acceptedAt: Date): GoalRecord {
  return {
    _id: toObjectId(goal.goal_id),
    _cls: goal._cls,
    active: goal.active,
    status: goal.active ? 'active' : 'scheduled',
    version: 0,
    levels: goal.levels,
    level: 0,
    peak_level: 0,
    progress: 0,
    unit: goal.unit,
    conditions: goal.conditions,
    context: goal.context,
    metadata: goal.metadata,
    nbf: new Date(goal.nbf),
    exp: goal.exp === null ? null : new Date(goal.exp),
    created_at: acceptedAt,
    ...(goal._cls === 'ShowFundingGoal' && fundingOf(goal)),
  };
}

/** What only a funding goal has, as it is before its countdown ends. */
function fundingOf({ minimum_level = 1, sales_until = 'show_end', show }: NewGoal): FundingRecord {
  return { minimum_level, sales_until, ...(show && { show }), outcome: 'open', late_tickets: 0 };
}

/** The way back: the goal as it was created, from its document. `timed` says whether its class has timers. */
export function newGoalOf(record: GoalRecord, timed: boolean): NewGoal {
  const goalClass = knownClassOf(record);
  const { user_id } = record.metadata ?? {};
  return {
    goal_id: record._id.toHexString(),
    active: !timed,
    _cls: goalClass,
    conditions: record.conditions,
    context: { ...record.context, type: goalTypes[goalClass] },
    levels: record.levels ?? [],
    ...(record.minimum_level !== undefined && { minimum_level: record.minimum_level }),
    ...(record.sales_until && { sales_until: record.sales_until }),
    ...(record.show && { show: record.show }),
    metadata: { user_id: typeof user_id === 'string' ? user_id : '' },
    unit: unitOf(record, goalClass),
    nbf: opensAt(record).toISOString(),
    exp: record.exp?.toISOString() ?? null,
  };
}

/** Whether the data of a job says which goal it is for, and enough to store the goal or to show why it is not stored. */
export function isNewGoal(data: NewGoal): boolean {
  const { goal_id, _cls, conditions, context, levels, nbf, exp } = data ?? {};
  return (
    isId(goal_id) &&
    typeof _cls === 'string' &&
    isId(conditions?.session_id) &&
    typeof context === 'object' &&
    Array.isArray(levels) &&
    isTime(nbf) &&
    (exp === null || isTime(exp))
  );
}

const isTime = (value: unknown) => typeof value === 'string' && !Number.isNaN(Date.parse(value));

/** A goal is stored; now its class decides who binds, tracks, snapshots and schedules it. */
export class GoalCreatedEvent extends DurableEvent<NewGoal> {
  readonly type = 'goal.created';

  constructor(
    data: NewGoal,
    occurredAt?: Date,
    /** Whether this run has stored the goal, so that nothing can have happened to it yet. A queue does not keep this. */
    readonly isFresh = false,
  ) {
    super(data, occurredAt);
  }

  get subject(): string {
    return this.data.goal_id;
  }

  get route(): string {
    return this.data._cls;
  }
}
