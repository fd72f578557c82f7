import { idFrom } from '#platform';
import type { SessionRecord } from '#sessions';
import { CreateShowGoalCommand } from '../create-goal/show-goal.js';
import { goalDefinitions } from '../create-goal/goal-definitions.js';
import type { GoalRecord } from '../goal/goal.schema.js';

/** How many hex digits of the funding goal's id, which say when it was made, its show has as well. */
const digitsOfTime = 8;

/** The id of the show that goalpost itself starts for a funding goal: the same on every worker and in every try. */
export function ownShowId(fundingGoalId: string): string {
  const time = fundingGoalId.slice(0, digitsOfTime);
  return time + idFrom('show', fundingGoalId).slice(digitsOfTime);
}

/** The request for the show that a funding goal plans, as its streamer would make it now. Undefined if it plans none. */
export function ownShowCommand(
  { _id, show, conditions }: GoalRecord,
  { user }: Pick<SessionRecord, 'user'>,
  now: Date,
): CreateShowGoalCommand | undefined {
  if (!show) return undefined;
  const { type, unit } = goalDefinitions.ShowGoal;
  const { levels, duration_seconds } = show;
  const { session_id } = conditions;
  const fundingGoalId = _id.toHexString();
  const userId = user.toHexString();
  const exp = duration_seconds === undefined ? null : new Date(now.getTime() + duration_seconds * 1000);
  return new CreateShowGoalCommand(
    {
      goal_id: ownShowId(fundingGoalId),
      active: true,
      _cls: 'ShowGoal',
      conditions: { session_id },
      context: { type, session_id, funding_goal_id: fundingGoalId },
      levels,
      metadata: { user_id: userId },
      unit,
      nbf: now.toISOString(),
      exp: exp?.toISOString() ?? null,
    },
    { userId, roles: ['streamer'] },
  );
}
