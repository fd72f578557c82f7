import type { GoalClass } from './goal-class.js';
import type { GoalContext, GoalLevel } from './goal.js';

/** What GoalCreatedEvent carries; times are ISO 8601 UTC. */
export interface GoalCreated {
  goal_id: string;
  active: boolean;
  _cls: GoalClass;
  conditions: { session_id: string };
  context: GoalContext;
  levels: GoalLevel[];
  metadata: { user_id: string };
  nbf: string;
  exp: string | null;
}

/** What GoalAddedEvent carries: the goal is bound and may be shown on the stream. */
export interface GoalAdded {
  goal_id: string;
  _cls: GoalClass;
  conditions: { session_id: string };
  context: GoalContext;
  session_id: string;
  streamer_id: string;
}
