import { goalEvents } from '#contracts';
import { openRedis } from '#platform';
import type { MessageEntry } from './entries.js';
import type { Recorder } from './recorder.js';

/** Records the events for other services that arrive; Redis keeps none for a subscriber that is not connected. */
export async function recordMessages(
  redisUrl: string,
  recorder: Recorder,
): Promise<{ stop(): Promise<void> }> {
  const redis = openRedis(redisUrl, { maxRetriesPerRequest: null });
  redis.on('error', () => undefined);
  redis.on('message', (_, packet) => {
    const { data } = JSON.parse(packet) as { data: MessageEntry['event'] };
    recorder.message(data);
  });
  await redis.subscribe(...Object.values(goalEvents));
  return { stop: async () => redis.disconnect() };
}
