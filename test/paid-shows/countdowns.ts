import { setTimeout as wait } from 'node:timers/promises';
import { toObjectId } from '#platform';
import { until } from '../client.js';
import { Platform } from './platform.js';
import type { Stage } from './stage.js';

const fundedAtOnce = 20;

/** The worker is frozen from so long before the end of the countdowns, for so long. */
const frozen = { fromMs: -1_000, forMs: 6_000 };

const latestMs = 2_000;
const medianMs = 300;

/**
 * Ends the countdowns of many funding goals in the same second while one of the two workers is frozen. Returns what was not as it
 * should be: each has its show, once and not before its time. How late it is is judged if it is `timed`.
 */
export async function countdownsAtOnce(stage: Stage, goals: number, timed: boolean): Promise<string[]> {
  const exp = Math.ceil(Date.now() / 1000) + 10 + Math.ceil(goals / 10);
  const streams: { platform: Platform; fundingId: string }[] = [];
  const open = async () => {
    const platform = new Platform(stage);
    const sessionId = await platform.openSession();
    const fundingId = await platform.openFunding(sessionId, {
      levels: [{ target: 1 }],
      exp,
      show: { levels: [{ target: 60 }], duration_seconds: 3600, start: 'on_countdown_end' },
    });
    await platform.contribute(fundingId, 'ticket', 'buyer', 1);
    streams.push({ platform, fundingId });
  };
  let begun = 0;
  await Promise.all(
    Array.from({ length: fundedAtOnce }, async () => {
      while (begun++ < goals) await open();
    }),
  );
  const untilFrozenMs = exp * 1000 + frozen.fromMs - Date.now();
  if (untilFrozenMs < 0) return [`${goals} funding goals could not be opened in time`];
  await wait(untilFrozenMs);
  stage.workers[0]!.freeze();
  await wait(frozen.forMs);
  stage.workers[0]!.thaw();

  const ids = streams.map(({ fundingId }) => fundingId);
  const shows = stage.db.collection('goal');
  const find = () => shows.find({ _cls: 'ShowGoal', 'context.funding_goal_id': { $in: ids } }).toArray();
  await until(async () => {
    const bound = { _id: { $in: ids.map(toObjectId) }, 'context.show_goal_id': { $ne: null } };
    return (await shows.countDocuments(bound)) === goals;
  }, 60_000);
  const found = await find();
  const lateMs = found
    .map(({ created_at }) => (created_at as Date).getTime() - exp * 1000)
    .toSorted((one, other) => one - other);
  const median = lateMs[Math.floor(lateMs.length / 2)]!;
  console.log(
    `      ${found.length} shows, accepted after the end of the countdown: min ${lateMs[0]} ms, median ${median} ms, max ${lateMs.at(-1)} ms`,
  );
  const faults: string[] = [];
  if (found.length !== goals) faults.push(`${goals} countdowns ended and there are ${found.length} shows`);
  if (new Set(found.map(({ context }) => String(context.funding_goal_id))).size !== goals)
    faults.push('a funding goal has two shows');
  if (lateMs[0]! < 0) faults.push(`a show was started ${-lateMs[0]!} ms before the end of its countdown`);
  if (timed && lateMs.at(-1)! > latestMs) faults.push(`a show was started ${lateMs.at(-1)} ms late`);
  if (timed && median > medianMs) faults.push(`the median show was started ${median} ms late`);
  return faults;
}
