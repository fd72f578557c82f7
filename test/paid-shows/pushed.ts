import { until } from '../client.js';
import type { PushedEvent } from '../pusher-sink.js';
import type { Stage } from './stage.js';

/** What is wrong with how these funding goals were told to be settled: each by one event, however often it was sent. */
export async function settledEvents(stage: Stage, goalIds: string[]): Promise<string[]> {
  const of = (goalId: string) =>
    stage.pusher.accepted.filter(({ name, data }) => name === 'goal.settled' && data.goal_id === goalId);
  await until(async () => goalIds.every((goalId) => of(goalId).length > 0), 60_000);
  return goalIds.flatMap((goalId) => {
    const ids = new Set(of(goalId).map(({ data }: PushedEvent) => data.event_id));
    return ids.size === 1 ? [] : [`goal.settled of ${goalId} was sent as ${ids.size} events`];
  });
}
