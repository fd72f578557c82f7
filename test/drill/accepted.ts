import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { newId } from '#platform';
import { Client, fundingBody, showBody, timedBody, until } from '../client.js';
import type { SingleStage } from '../faults/stage/single-stage.js';
import { mapAtOnce } from '../show-effects.js';
import { type Accepted, countBound, faultsOfEffects } from './effects.js';

const width = 16;
const boundWithinMs = 60_000;

/** What asks for a goal, and for the same place again if it claims one. */
interface Wish extends Accepted {
  streamer: Client;
  goalType: string;
  body: object;
  isPlace: boolean;
}

/**
 * Kills and empties Valkey right after so many requests were answered 202, a third of them for places, while no worker runs. All have
 * to be bound within a minute of its return; meanwhile no goal is unknown, and no place is given away a second time.
 */
export async function acceptedThenEmptied(stage: SingleStage, count: number): Promise<string[]> {
  const faults: string[] = [];
  const wishes = await prepare(stage, count);
  await stage.worker.end('SIGTERM');
  const accepted = await mapAtOnce(wishes, width, async (wish): Promise<Wish> => {
    const goalId = await wish.streamer.createGoal(wish.goalType, wish.body);
    return { ...wish, goalId };
  });
  await stage.valkey.kill();
  await rm(join(stage.dataDir, 'redis'), { recursive: true });
  const looks = { total: 0, unknown: 0 };
  const look = async () => {
    const answers = await mapAtOnce(accepted, width, ({ streamer, goalId }) =>
      streamer.get(`/goals/${goalId}`),
    );
    looks.total += answers.length;
    looks.unknown += answers.filter(({ status }) => status !== 200).length;
  };
  await look();
  await stage.valkey.startAgain();
  const backAt = Date.now();
  faults.push(...(await askAgain(accepted)));
  await look();
  await stage.worker.start();
  await until(async () => {
    await look();
    return (await countBound(stage, accepted)) === accepted.length;
  }, 3 * boundWithinMs);
  const boundMs = Date.now() - backAt;
  await until(async () => (await faultsOfEffects(stage, accepted)).length === 0, boundWithinMs).catch(
    async () => faults.push(...(await faultsOfEffects(stage, accepted))),
  );
  faults.push(...(await askAgain(accepted)));
  const places = accepted.filter(({ isPlace }) => isPlace).length;
  console.log(
    `      ${accepted.length} accepted, ${places} for places; all bound ${boundMs} ms after Valkey was back; ` +
      `${looks.total} GETs, ${looks.unknown} of them other than 200`,
  );
  if (boundMs > boundWithinMs) faults.push(`it took ${boundMs} ms until all were bound`);
  if (looks.unknown > 0) faults.push(`${looks.unknown} GETs were other than 200`);
  return faults;
}

/** Six wishes a session: a show and a karaoke goal, which claim places, and four funding goals. */
async function prepare(stage: SingleStage, count: number): Promise<Wish[]> {
  const sessions = await mapAtOnce(Array.from({ length: Math.ceil(count / 6) }), width / 2, async () => {
    const streamer = new Client(() => stage.api.url, newId());
    return { streamer, ...(await streamer.openFundedSession()) };
  });
  return sessions
    .flatMap(({ streamer, sessionId, fundingGoalId }) => {
      const wish = (goalType: string, body: object, isPlace: boolean): Wish => ({
        streamer,
        sessionId,
        goalType,
        body,
        isPlace,
        goalId: '',
      });
      return [
        wish('show', showBody(sessionId, fundingGoalId), true),
        wish('karaoke', timedBody(sessionId), true),
        ...Array.from({ length: 4 }, () => wish('show_funding', fundingBody(sessionId), false)),
      ];
    })
    .slice(0, count);
}

/** Asks for each place a second time; says where it was not refused with 409. */
async function askAgain(accepted: Wish[]): Promise<string[]> {
  const places = accepted.filter(({ isPlace }) => isPlace);
  const answers = await mapAtOnce(places, width, async ({ streamer, goalType, body }) =>
    until(async () => {
      const answer = await streamer.post(`/goals?goal_type=${goalType}`, body);
      return answer.status !== 503 && answer;
    }),
  );
  return answers.flatMap(({ status }, index) =>
    status === 409 ? [] : [`a second ${places[index]!.goalType} was answered ${status}`],
  );
}
