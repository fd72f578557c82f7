import { goalDeliveryQueues } from '#goals';
import { deliveryQueueNames } from '#platform';
import { prefix, type Stage } from '../stage/stage.js';

/** The queues of a goal's way; `lifecycle` and `funding` hold timers that are due in an hour. */
export const queueNames = [
  'create_goal',
  'end_session',
  'analytics.track',
  'authorize_viewers',
  'revoke_viewers',
  ...deliveryQueueNames(goalDeliveryQueues),
];

/** Jobs that wait, run or are to be tried again, by queue; empty where all is at rest. */
export async function jobsLeft(stage: Stage): Promise<Record<string, number>> {
  const look = stage.redis.multi();
  for (const queue of queueNames) {
    const key = (list: string) => `{${prefix}}:${queue}:${list}`;
    look.llen(key('wait')).llen(key('active')).llen(key('paused')).zcard(key('delayed'));
  }
  const counts = ((await look.exec()) ?? []).map(([, count]) => Number(count));
  const left = queueNames.map(
    (queue, index) => [queue, counts.slice(index * 4, index * 4 + 4).reduce((a, b) => a + b, 0)] as const,
  );
  // In a cluster the due list has a slot of its own.
  const due = `${prefix}:due:publications`;
  const toPublish = (await stage.redis.zcard(due)) + (await stage.redis.zcard(`${prefix}:{${due}}:taken`));
  return Object.fromEntries([...left, ['publications', toPublish] as const].filter(([, count]) => count > 0));
}

/** Jobs that are dead, by queue. */
export async function deadJobs(stage: Stage): Promise<Record<string, number>> {
  const counts = await Promise.all(
    queueNames.map(async (queue) => [queue, await stage.redis.zcard(`{${prefix}}:${queue}:failed`)] as const),
  );
  return Object.fromEntries(counts.filter(([, count]) => count > 0));
}
