import { toObjectId } from '#platform';
import type { SingleStage } from '../faults/stage/single-stage.js';

/** A goal that was accepted. */
export interface Accepted {
  goalId: string;
  sessionId: string;
}

const places = ['karaoke_goal', 'trigger_private_goal'] as const;

interface StoredSession {
  show_goal_pairs?: { funding_goal: unknown; show_goal: unknown }[];
  karaoke_goal?: unknown;
  trigger_private_goal?: unknown;
}

/** Ids of the goals that stand in these sessions, one for each place in which one stands. */
export async function boundIn(stage: SingleStage, sessionIds: string[]): Promise<string[]> {
  const sessions = await stage.db
    .collection<StoredSession>('session')
    .find({ _id: { $in: [...new Set(sessionIds)].map(toObjectId) } } as object)
    .toArray();
  return sessions.flatMap((session) => [
    ...(session.show_goal_pairs ?? []).flatMap((pair) => [String(pair.funding_goal), String(pair.show_goal)]),
    ...places.map((place) => String(session[place])),
  ]);
}

/** How many of these goals stand in their sessions. */
export async function countBound(stage: SingleStage, accepted: Accepted[]): Promise<number> {
  const bound = new Set(
    await boundIn(
      stage,
      accepted.map(({ sessionId }) => sessionId),
    ),
  );
  return accepted.filter(({ goalId }) => bound.has(goalId)).length;
}

/** What is wrong with accepted goals: each has to be stored, bound, in the feed and with analytics, once. */
export async function faultsOfEffects(stage: SingleStage, accepted: Accepted[]): Promise<string[]> {
  const ids = accepted.map(({ goalId }) => goalId);
  const objectIds = ids.map(toObjectId);
  const [goals, bound, feed, tracked] = await Promise.all([
    idsIn(stage, 'goal', '_id', { _id: { $in: objectIds } }),
    boundIn(
      stage,
      accepted.map(({ sessionId }) => sessionId),
    ),
    idsIn(stage, 'livestream_feed', 'goal', { goal: { $in: objectIds } }),
    idsIn(stage, 'analytics_event', 'goal_id', { goal_id: { $in: ids }, event: 'goal.created' }),
  ]);
  const effects = { stored: goals, bound, 'in the feed': feed, tracked };
  return Object.entries(effects).flatMap(([name, found]) => {
    const counts = new Map<string, number>();
    for (const id of found) counts.set(id, (counts.get(id) ?? 0) + 1);
    return ids.flatMap((id) =>
      counts.get(id) === 1 ? [] : [`${id} is ${counts.get(id) ?? 0} times ${name}`],
    );
  });
}

async function idsIn(
  stage: SingleStage,
  collection: string,
  field: string,
  filter: object,
): Promise<string[]> {
  const found = await stage.db
    .collection(collection)
    .find(filter, { projection: { [field]: 1 } })
    .toArray();
  return found.map((document) => String(document[field]));
}
