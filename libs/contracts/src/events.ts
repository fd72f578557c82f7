import type { GoalClass } from './goal-class.js';
import type { GoalContext } from './goal.js';

/** What GoalAddedEvent carries: the goal is bound and may be shown on the stream. */
export interface GoalAdded {
  goal_id: string;
  _cls: GoalClass;
  conditions: { session_id: string };
  context: GoalContext;
  session_id: string;
  streamer_id: string;
}
