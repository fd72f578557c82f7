import { newId, toObjectId } from '#platform';
import { Client, fundingBody, timedBody, until } from '../../client.js';
import { mapAtOnce } from '../../show-effects.js';
import type { Stage } from '../stage/stage.js';

/** Where one show goal may go: a funding goal whose pair stands in its session. */
export interface Place {
  streamerId: string;
  sessionId: string;
  fundingGoalId: string;
}

/** What the clients of one row work on. */
export interface Ground {
  places: Place[];
  /** Goals that take contributions. */
  fundGoalIds: string[];
}

const pairsOfSession = 5;
const width = 8;
const highLevels = [{ target: 100_000 }, { title: 'never', target: 1_000_000 }];

/** Opens sessions with funding goals while nothing is wrong, and waits until all pairs stand. */
export async function prepareGround(stage: Stage, count: number): Promise<Ground> {
  const sessions = await mapAtOnce(
    Array.from({ length: Math.ceil(count / pairsOfSession) }),
    width,
    async () => {
      const streamer = new Client(stage.api.url, newId());
      const sessionId = await streamer.openSession();
      const funding = await mapAtOnce(Array.from({ length: pairsOfSession }), pairsOfSession, () =>
        streamer.createGoal('show_funding', fundingBody(sessionId)),
      );
      return { streamer, sessionId, funding };
    },
  );
  const fundGoalIds = await mapAtOnce(sessions.slice(0, 3), 3, ({ streamer, sessionId }) =>
    streamer.createGoal('show_funding', { ...timedBody(sessionId), levels: highLevels }),
  );
  const all = [...sessions.flatMap(({ funding }) => funding), ...fundGoalIds].map(toObjectId);
  const goal = stage.db.collection('goal');
  await until(
    async () => (await goal.countDocuments({ _id: { $in: all }, status: 'active' })) === all.length,
    60_000,
  );
  const ids = sessions.map(({ sessionId }) => toObjectId(sessionId));
  await until(async () => (await pairsIn(stage, ids)) === all.length, 60_000);
  const places = sessions.flatMap(({ streamer, sessionId, funding }) =>
    funding.map((fundingGoalId) => ({ streamerId: streamer.userId, sessionId, fundingGoalId })),
  );
  return { places, fundGoalIds };
}

async function pairsIn(stage: Stage, sessionIds: unknown[]): Promise<number> {
  const sessions = await stage.db
    .collection<{ show_goal_pairs?: unknown[] }>('session')
    .find({ _id: { $in: sessionIds } } as object)
    .toArray();
  return sessions.reduce((total, { show_goal_pairs = [] }) => total + show_goal_pairs.length, 0);
}
