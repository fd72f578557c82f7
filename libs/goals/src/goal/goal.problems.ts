import type { GoalClass } from '#contracts';
import { documentProblemMember, problemKind } from '#platform';
import type { GoalRecord } from './goal.schema.js';
import { classOf } from './goal.view.js';

documentProblemMember('goal_id', {
  description: 'the goal that already stands there',
  example: '0123456789abcdef0123456b',
});

export const goalNotFound = problemKind(404, 'goal_not_found', 'There is no such goal');
export const unknownGoalType = problemKind(400, 'unknown_goal_type', 'There is no such goal_type');
export const alreadyBound = problemKind(409, 'already_bound', 'Another goal is bound there already');
export const createInFlight = problemKind(409, 'create_in_flight', 'Another goal is being created there', {
  retryable: true,
});
export const goalPending = problemKind(
  409,
  'goal_pending',
  'The goal that it refers to is still being created',
  { retryable: true },
);
export const goalFailed = problemKind(409, 'goal_failed', 'The goal could not be created');
export const pairNotBound = problemKind(
  409,
  'pair_not_bound',
  'The goal that it refers to is not in the session yet',
  { retryable: true },
);
export const goalNotActive = problemKind(409, 'goal_not_active', 'The goal is not active');
export const outsideWindow = problemKind(409, 'outside_window', 'The goal is not open at this time');
export const sourceIdReused = problemKind(
  409,
  'source_id_reused',
  'The source_id was used for something else',
);
export const tooManyGoals = problemKind(409, 'too_many_goals', 'The session has too many goals');
export const unknownGoalClass = problemKind(
  409,
  'unknown_goal_class',
  'The class of the goal is of another release',
  { retryable: true },
);
export const tooManyPairs = problemKind(409, 'too_many_pairs', 'The session has had too many pairs');
export const goalOver = problemKind(409, 'goal_over', 'The goal is over');
export const notAShow = problemKind(409, 'not_a_show', 'That is not for goals of this class');
export const salesClosed = problemKind(409, 'sales_closed', 'The goal sells no tickets any more');
export const takesNoContributions = problemKind(
  409,
  'takes_no_contributions',
  'The goal takes no contributions',
);
export const alreadySettled = problemKind(409, 'already_settled', 'The goal is settled');
export const targetFixed = problemKind(409, 'target_fixed', 'The target of the level can change no more');
export const versionMismatch = problemKind(412, 'version_mismatch', 'The goal has another version by now');
export const preconditionRequired = problemKind(
  428,
  'precondition_required',
  'The header If-Match is needed',
);
export const takesNoPerformance = problemKind(
  409,
  'takes_no_performance',
  'The show is not measured in seconds',
);
export const showBound = problemKind(409, 'show_bound', 'The goal has a show');
export const fundingSettled = problemKind(
  409,
  'funding_settled',
  'The money of the funding goal is settled already',
);
export const notSettled = problemKind(409, 'not_settled', 'The money of the goal is not settled yet');

/** The class of a goal that a request is about. Throws unknown_goal_class for one that this release does not know. */
export function requestedClassOf(goal: GoalRecord): GoalClass {
  const goalClass = classOf(goal);
  if (goalClass) return goalClass;
  throw unknownGoalClass('The class of the goal is not known here.', { goal_id: goal._id.toHexString() });
}
