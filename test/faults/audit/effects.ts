import { toObjectId } from '#platform';
import type { mongo } from 'mongoose';
import type { AcceptedGoal } from '../load/creates.js';

/** How often each effect of a goal is stored. */
export interface EffectCounts {
  document: number;
  pair: number;
  funding: number;
  feed: number;
  analytics: number;
  /** Show goals of the same funding goal that were never published. */
  rivals: number;
}

interface StoredGoal {
  _id: mongo.ObjectId;
  context: { funding_goal_id?: string; show_goal_id?: string };
}

/** Counts, in as many queries as there are collections, the effects of goals, in their order. */
export async function countsOf(db: mongo.Db, accepted: AcceptedGoal[]): Promise<EffectCounts[]> {
  const ids = accepted.map(({ goalId }) => toObjectId(goalId));
  const fundingIds = accepted.map(({ fundingGoalId }) => fundingGoalId);
  const sessionIds = accepted.map(({ sessionId }) => toObjectId(sessionId));
  const [goals, funding, sessions, feed, analytics] = await Promise.all([
    db
      .collection<StoredGoal>('goal')
      .find({ _cls: 'ShowGoal', 'context.funding_goal_id': { $in: fundingIds } } as object)
      .toArray(),
    db
      .collection<StoredGoal>('goal')
      .find({ 'context.show_goal_id': { $in: accepted.map(({ goalId }) => goalId) } } as object)
      .toArray(),
    db
      .collection<{ show_goal_pairs: { show_goal: unknown }[] }>('session')
      .find({ _id: { $in: sessionIds } } as object)
      .toArray(),
    db
      .collection('livestream_feed')
      .find({ goal: { $in: ids } })
      .toArray(),
    db
      .collection('analytics_event')
      .find({ event: 'goal.created', goal_id: { $in: accepted.map(({ goalId }) => goalId) } })
      .toArray(),
  ]);
  const documents = tally(goals.map(({ _id }) => String(_id)));
  const places = tally(goals.map(({ context }) => context.funding_goal_id));
  const funded = tally(funding.map(({ context }) => context.show_goal_id));
  const pairs = tally(sessions.flatMap((session) => session.show_goal_pairs.map((pair) => pair.show_goal)));
  const fed = tally(feed.map((entry) => entry.goal as unknown));
  const tracked = tally(analytics.map((event) => event.goal_id as unknown));
  return accepted.map(({ goalId, fundingGoalId }) => {
    const document = documents(goalId);
    return {
      document,
      pair: pairs(goalId),
      funding: funded(goalId),
      feed: fed(goalId),
      analytics: tracked(goalId),
      rivals: places(fundingGoalId) - document,
    };
  });
}

/** How often each value stands in a list. */
function tally(values: unknown[]): (value: string) => number {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(String(value), (counts.get(String(value)) ?? 0) + 1);
  return (value) => counts.get(value) ?? 0;
}
