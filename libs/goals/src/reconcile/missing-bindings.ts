import type { GoalClass } from '#contracts';
import type { SessionRecord } from '#sessions';
import type { GoalRecord } from '../goal/goal.schema.js';
import { knownClassOf } from '../goal/goal.view.js';
import { isOpen } from '../goal/state.js';

/** What a goal is compared with: its session and the goal that it refers to, where they are there. */
export interface Surroundings {
  now: Date;
  session?: SessionRecord;
  opener?: GoalRecord;
}

type StoredId = { toHexString(): string } | null | undefined;
type Holds = (stored: StoredId) => boolean;

/** For each class its binders, and whether the work of each is to be seen. */
const bindings: Record<
  GoalClass,
  (around: Surroundings, holds: Holds, goal: GoalRecord) => Record<string, boolean>
> = {
  ShowGoal: ({ session, opener }, holds, goal) => ({
    'bind-show-to-session': !!session?.show_goal_pairs?.some((pair) => holds(pair.show_goal)),
    'bind-show-to-funding': opener?.context.show_goal_id === goal._id.toHexString(),
  }),
  ShowFundingGoal: ({ session }, holds) => ({
    'bind-show-to-session': !!session?.show_goal_pairs?.some((pair) => holds(pair.funding_goal)),
  }),
  KaraokeGoal: ({ session, now }, holds, goal) => ({
    'bind-karaoke-to-session': holds(session?.karaoke_goal) || !isOpen(goal, now),
  }),
  ExclusiveGoal: ({ session, opener }, holds, goal) => ({
    'bind-exclusive-to-session': !!session?.exclusive_goal_pairs?.some((pair) => holds(pair.exclusive_goal)),
    'bind-exclusive-to-trigger': opener?.context.exclusive_goal_id === goal._id.toHexString(),
  }),
  TriggerExclusiveGoal: ({ session }, holds) => ({
    'bind-exclusive-to-session': !!session?.exclusive_goal_pairs?.some((pair) => holds(pair.trigger_goal)),
  }),
  TriggerPrivateGoal: ({ session, now }, holds, goal) => ({
    'bind-private-to-session': holds(session?.trigger_private_goal) || !isOpen(goal, now),
  }),
};

/** Names of the binders whose work is not to be seen. */
export function missingBindings(goal: GoalRecord, around: Surroundings): string[] {
  const id = goal._id.toHexString();
  const seen = bindings[knownClassOf(goal)](around, (stored) => stored?.toHexString() === id, goal);
  return Object.entries(seen).flatMap(([handler, isSeen]) => (isSeen ? [] : [handler]));
}
