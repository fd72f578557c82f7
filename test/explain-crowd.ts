import { type GoalClass, goalClasses, type GoalStatus, goalStatuses, goalTypes } from '#contracts';
import { newId, toObjectId } from '#platform';
import type { TestService } from './service.js';

const timed: GoalClass[] = ['ShowFundingGoal', 'ExclusiveGoal', 'TriggerExclusiveGoal', 'TriggerPrivateGoal'];
const states = goalStatuses.filter((status) => status !== 'pending');
const day = 24 * 3600_000;

const oneOf = <Item>(items: readonly Item[], index: number): Item => items[index % items.length]!;
const many = <Item>(count: number, make: (index: number) => Item): Item[] =>
  Array.from({ length: count }, (_, index) => make(index));

/** Fills the collections with thousands of documents, of all classes and states, so that the planner has a choice. */
export async function storeCrowd(service: TestService): Promise<void> {
  const fill = (collection: string, documents: object[]) =>
    service.mongo.collection(collection).insertMany(documents);
  const created_at = new Date(Date.now() - day);
  const sessions = many(1_000, () => ({ _id: toObjectId(newId()), user: toObjectId(newId()) }));
  const ids = many(6_000, newId);
  const goals = ids.map((_, index) =>
    goalOf(index, ids, oneOf(sessions, index)._id.toHexString(), created_at),
  );
  await fill(
    'session',
    sessions.map((session, index) => ({ ...session, active: index % 3 > 0, created_at })),
  );
  await fill('goal', goals);
  await fill(
    'livestream_feed',
    goals.map(({ _id, _cls, context }, index) => ({
      _id: toObjectId(newId()),
      session: oneOf(sessions, index)._id,
      streamer: oneOf(sessions, index).user,
      type: 'goal.added',
      goal: _id,
      payload: { _cls, context },
      created_at,
    })),
  );
  await storeContributions(service, oneOf(goals, 1)._id.toHexString(), 3_000);
}

/** Stores payments for a goal, without any of what follows on them. */
export async function storeContributions(
  service: TestService,
  goalId: string,
  count: number,
): Promise<string[]> {
  const users = many(count, () => newId());
  await service.mongo.collection('goal_contribution').insertMany(
    users.map((user_id, index) => ({
      goal_id: toObjectId(goalId),
      source_id: `stored-${index}`,
      user_id,
      amount: 1,
      created_at: new Date(),
    })),
  );
  return users;
}

/** Stores entries of a session's feed, several of them at the same moment. */
export async function storeFeed(service: TestService, sessionId: string, count: number): Promise<void> {
  await service.mongo.collection('livestream_feed').insertMany(
    many(count, (index) => ({
      _id: toObjectId(newId()),
      session: toObjectId(sessionId),
      streamer: toObjectId(newId()),
      type: 'goal.added',
      goal: toObjectId(newId()),
      payload: { _cls: 'KaraokeGoal', context: { type: 'karaoke', session_id: sessionId } },
      created_at: new Date(Date.now() - Math.floor(index / 3) * 1_000),
    })),
  );
}

function goalOf(index: number, ids: string[], sessionId: string, created_at: Date) {
  const _cls = oneOf(goalClasses, index);
  // One round more than there are classes, so that each class meets each state.
  const status: GoalStatus = oneOf(states, Math.floor(index / goalClasses.length));
  const isFailed = status === 'failed';
  const isDue = timed.includes(_cls) && index % 600 < goalClasses.length;
  const far = new Date(Date.now() + 30 * day);
  return {
    _id: toObjectId(oneOf(ids, index)),
    _cls,
    active: status === 'active',
    status: isFailed ? 'active' : status,
    ...(isFailed && { failures: [{ handler: 'bind-show-to-session', reason: 'as stored' }] }),
    version: 1,
    levels: [{ target: 100 }],
    level: 0,
    progress: 0,
    ...(index % 500 === 0 && { unpublished: true }),
    conditions: { session_id: sessionId },
    context: {
      type: goalTypes[_cls],
      session_id: sessionId,
      // The next goal is of the class that a show is paid by.
      ...(_cls === 'ShowGoal' && { funding_goal_id: oneOf(ids, index + 1) }),
    },
    metadata: { user_id: newId() },
    nbf: isDue ? created_at : far,
    exp: isDue ? created_at : far,
    created_at,
  };
}
