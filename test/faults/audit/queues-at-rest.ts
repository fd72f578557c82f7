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
  const due = `${prefix}:due:publications`;
  look.zcard(due).zcard(`${prefix}:{${due}}:taken`);
  const counts = ((await look.exec()) ?? []).map(([, count]) => Number(count));
  const sum = (from: number, length: number) => counts.slice(from, from + length).reduce((a, b) => a + b, 0);
  const left = [
    ...queueNames.map((queue, index) => [queue, sum(index * 4, 4)] as const),
    ['publications', sum(queueNames.length * 4, 2)] as const,
  ];
  return Object.fromEntries(left.filter(([, count]) => count > 0));
}

/** Jobs that are dead, by queue. */
export async function deadJobs(stage: Stage): Promise<Record<string, number>> {
  const counts = await Promise.all(
    queueNames.map(async (queue) => [queue, await stage.redis.zcard(`{${prefix}}:${queue}:failed`)] as const),
  );
  return Object.fromEntries(counts.filter(([, count]) => count > 0));
}
