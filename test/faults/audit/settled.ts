import { until } from '../../client.js';
import type { Clients } from '../load/clients.js';
import type { Stage } from '../stage/stage.js';
import { isProgressTold } from './contribution-audit.js';
import { isWhole } from './goal-audit.js';
import { jobsLeft } from './queues-at-rest.js';

const withinMs = 120_000;

/** Waits until all that was accepted is whole and published, and the queues are at rest; says what is left where it never is. */
export async function settled(stage: Stage, { creates, gifts, stories }: Clients): Promise<string[]> {
  const isSettled = async () =>
    isProgressTold(stage, gifts) &&
    (await isWhole(stage, creates.accepted)) &&
    (await stories.isSettled(stage)) &&
    Object.keys(await jobsLeft(stage)).length === 0;
  try {
    await until(isSettled, withinMs);
    return [];
  } catch {
    return [`not settled, jobs left: ${JSON.stringify(await jobsLeft(stage))}`];
  }
}
