import type { GoalType } from './goal-class.js';
import type { GoalContent } from './goal.js';

/** Names of the messages that goalpost answers. A refusal is an RPC error: the problem object that HTTP would send. */
export const goalPatterns = {
  create: 'goals.create',
  get: 'goals.get',
  contribute: 'goals.contribute',
} as const;

/** What every message carries. */
export interface AuthorizedMessage {
  /** `Bearer <token>`. */
  authorization: string;
}

/** `goals.create`: the body of POST /goals, answered by `{goal_id}`. */
export interface CreateGoalMessage extends AuthorizedMessage, GoalContent {
  goal_type: GoalType;
  idempotency_key?: string;
  context: {
    session_id: string;
    funding_goal_id?: string;
    trigger_exclusive_goal_id?: string;
  };
  /** Unix seconds, or ISO 8601 with a zone. */
  nbf?: number | string;
  exp?: number | string;
}

/** `goals.get`, answered by the goal. */
export interface GetGoalMessage extends AuthorizedMessage {
  goal_id: string;
}

/** `goals.contribute`: the body of POST /goals/{goal_id}/contributions, answered by `{goal_id, progress, level}`. */
export interface ContributeMessage extends AuthorizedMessage {
  goal_id: string;
  source_id: string;
  user_id: string;
  amount: number;
}
