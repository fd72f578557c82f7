import type { GoalEventType } from '#contracts';

/** How many events there may be of one version of a goal: a step each, and up to twenty levels. */
const room = 100;

/** The order of the events that share a version of a goal. */
const steps: Record<GoalEventType, number> = {
  'goal.created': 1,
  'goal.activated': 2,
  'goal.expired': 3,
  'goal.cancelled': 4,
  'goal.failed': 5,
  'goal.level_reached': 10,
  'goal.progressed': 50,
  'goal.completed': 51,
  // Being added changes nothing in the goal, so it is the latest that is known of its version.
  'goal.added': 60,
};

/** A number that rises from event to event of a goal, whatever order they arrive in. */
export function versionOf(
  type: GoalEventType,
  { version, level_reached = 0 }: { version: number; level_reached?: number },
): number {
  return version * room + steps[type] + level_reached;
}
