import type { SessionRecord } from '#sessions';
import type { GoalRecord } from '../goal/goal.schema.js';
import { classOf } from '../goal/goal.view.js';
import { isOver, stateOf } from '../goal/state.js';

/** What a goal is compared with: its session and the goal that it refers to, where they are there. */
export interface Surroundings {
  session?: SessionRecord;
  opener?: GoalRecord;
}

/** Names of the binders whose work is not to be seen. */
export function missingBindings(goal: GoalRecord, { session, opener }: Surroundings): string[] {
  const id = goal._id.toHexString();
  const holds = (stored: { toHexString(): string } | null | undefined) => stored?.toHexString() === id;
  switch (classOf(goal)) {
    case 'ShowFundingGoal':
      return session?.show_goal_pairs?.some((pair) => holds(pair.funding_goal))
        ? []
        : ['bind-show-to-session'];
    case 'ShowGoal':
      return [
        ...(session?.show_goal_pairs?.some((pair) => holds(pair.show_goal)) ? [] : ['bind-show-to-session']),
        ...(opener?.context.show_goal_id === id ? [] : ['bind-show-to-funding']),
      ];
    case 'TriggerExclusiveGoal':
      return session?.exclusive_goal_pairs?.some((pair) => holds(pair.trigger_goal))
        ? []
        : ['bind-exclusive-to-session'];
    case 'ExclusiveGoal':
      return [
        ...(session?.exclusive_goal_pairs?.some((pair) => holds(pair.exclusive_goal))
          ? []
          : ['bind-exclusive-to-session']),
        ...(opener?.context.exclusive_goal_id === id ? [] : ['bind-exclusive-to-trigger']),
      ];
    case 'KaraokeGoal':
      return holds(session?.karaoke_goal) || isOver(stateOf(goal)) ? [] : ['bind-karaoke-to-session'];
    case 'TriggerPrivateGoal':
      return holds(session?.trigger_private_goal) || isOver(stateOf(goal)) ? [] : ['bind-private-to-session'];
  }
}
