import { type GoalCreated, goalTypes } from '#contracts';
import type { GoalRecord } from '../goal/goal.schema.js';
import { knownClassOf, opensAt } from '../goal/goal.view.js';
import { goalTraits } from '../goal/traits.js';

/** What GoalCreatedEvent said of a goal, as its document still tells. */
export function createdOf(goal: GoalRecord): GoalCreated {
  const goalClass = knownClassOf(goal);
  const { user_id } = goal.metadata ?? {};
  return {
    goal_id: goal._id.toHexString(),
    active: goalTraits[goalClass].untimed,
    _cls: goalClass,
    conditions: goal.conditions,
    context: { ...goal.context, type: goalTypes[goalClass] },
    levels: goal.levels ?? [],
    metadata: { user_id: typeof user_id === 'string' ? user_id : '' },
    nbf: opensAt(goal).toISOString(),
    exp: goal.exp?.toISOString() ?? null,
  };
}
