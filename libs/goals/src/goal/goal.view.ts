import { type Goal, type GoalClass, goalTypes } from '#contracts';
import type { GoalRecord } from './goal.schema.js';
import { stateOf } from './state.js';
import { goalTraits } from './traits.js';

/** The class of a stored goal, whichever form the document has. */
export function classOf({ _cls }: Pick<GoalRecord, '_cls'>): GoalClass {
  return _cls.slice(_cls.lastIndexOf('.') + 1) as GoalClass;
}

/** When a goal was created; an older document tells it by its id alone. */
export function createdAt({ _id, created_at }: Pick<GoalRecord, '_id' | 'created_at'>): Date {
  return created_at ?? _id.getTimestamp();
}

/** When a goal's window opens: as soon as it is created, unless it says otherwise. */
export function opensAt(record: Pick<GoalRecord, '_id' | 'created_at' | 'nbf'>): Date {
  return record.nbf ?? createdAt(record);
}

/** A stored goal as it is answered; what an older document lacks has its default. */
export function toGoal(record: GoalRecord): Goal {
  const goalClass = classOf(record);
  const failure = record.failures?.[0];
  const reason = failure ? `${failure.receiver}: ${failure.reason}` : record.cancel_reason;
  return {
    goal_id: record._id.toHexString(),
    goal_type: goalTypes[goalClass],
    _cls: goalClass,
    status: failure ? 'failed' : stateOf(record),
    ...(reason && { reason }),
    active: record.active ?? true,
    version: record.version ?? 0,
    levels: record.levels ?? [],
    level: record.level ?? 0,
    progress: record.progress ?? 0,
    unit: goalTraits[goalClass].unit,
    conditions: record.conditions,
    context: { ...record.context, type: goalTypes[goalClass] },
    metadata: record.metadata ?? {},
    nbf: opensAt(record).toISOString(),
    exp: record.exp?.toISOString() ?? null,
    created_at: createdAt(record).toISOString(),
  };
}
