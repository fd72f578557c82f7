import { idFrom, toObjectId } from '#platform';
import { type Client, showBody } from './client.js';
import type { TestService } from './service.js';

/** A show goal and what it belongs to. */
export interface Show {
  sessionId: string;
  fundingGoalId: string;
  goalId: string;
}

/** How often each effect of a show goal is stored. */
export interface Effects {
  /** Show goals of its funding goal, but for those that gave up their place. */
  goals: number;
  /** Pairs in all sessions that it stands in. */
  pairs: number;
  /** Funding goals that name it. */
  funded: number;
  fed: number;
  tracked: number;
}

export const eachOnce: Effects = { goals: 1, pairs: 1, funded: 1, fed: 1, tracked: 1 };

/** Reads from the collections what came of a show goal. */
export async function effectsOf(
  service: TestService,
  { goalId, fundingGoalId }: Omit<Show, 'sessionId'>,
): Promise<Effects> {
  const goal = toObjectId(goalId);
  const [goals, sessions, funding, feed, tracked] = await Promise.all([
    service.documents('goal', {
      _cls: 'ShowGoal',
      'context.funding_goal_id': fundingGoalId,
      released: { $ne: true },
    }),
    service.documents('session', { 'show_goal_pairs.show_goal': goal }),
    service.documents('goal', { 'context.show_goal_id': goalId }),
    service.documents('livestream_feed', { goal }),
    service.documents('analytics_event', { goal_id: goalId }),
  ]);
  const pairs = sessions.flatMap((session) => session.show_goal_pairs as { show_goal: unknown }[]);
  return {
    goals: goals.length,
    pairs: pairs.filter(({ show_goal }) => String(show_goal) === goalId).length,
    funded: funding.length,
    fed: feed.length,
    tracked: tracked.length,
  };
}

/** Opens a session with its funding goal and creates the show goal. */
export async function createShow(streamer: Client): Promise<Show> {
  const { sessionId, fundingGoalId } = await streamer.openFundedSession();
  const goalId = await streamer.createGoal('show', showBody(sessionId, fundingGoalId));
  return { sessionId, fundingGoalId, goalId };
}

/** Ids of the two events that a goal's path has. */
export const eventIds = (goalId: string) => ({
  created: idFrom('goal.created', goalId),
  added: idFrom('goal.added', goalId),
});

/** Runs the task once for each item, at most `width` at a time, and returns the results in order. */
export async function mapAtOnce<Item, Result>(
  items: readonly Item[],
  width: number,
  task: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = Array.from({ length: items.length });
  const rest = items.entries();
  const work = async () => {
    for (const [index, item] of rest) results[index] = await task(item);
  };
  await Promise.all(Array.from({ length: width }, work));
  return results;
}
