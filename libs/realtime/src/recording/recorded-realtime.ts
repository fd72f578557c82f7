import { InjectRedis, RedisKeys } from '#platform';
import { Injectable, Logger } from '@nestjs/common';
import type { Redis } from 'ioredis';
import { ChannelEncryption } from '../channels.js';
import { type EncodedMessage, Realtime } from '../realtime.js';
import { PushMetrics } from '../push-metrics.js';
import { RefusedPushQueue } from '../refused-push.queue.js';

const keptMessages = 1000;

/** Used if no Pusher server is configured: logs the events and stores the last thousand. */
@Injectable()
export class RecordedRealtime extends Realtime {
  private readonly logger = new Logger(RecordedRealtime.name);

  constructor(
    encryption: ChannelEncryption,
    refused: RefusedPushQueue,
    metrics: PushMetrics,
    @InjectRedis() private readonly redis: Redis,
    private readonly keys: RedisKeys,
  ) {
    super(encryption, refused, metrics);
  }

  /** The stored events, newest first. */
  async recorded(): Promise<EncodedMessage[]> {
    const lines = await this.redis.lrange(this.keys.of('realtime', 'recorded'), 0, -1);
    return lines.map((line) => JSON.parse(line) as EncodedMessage);
  }

  protected override async deliver(messages: EncodedMessage[]): Promise<undefined[]> {
    for (const { name, channel, data } of messages)
      this.logger.debug(`would send ${name} on ${channel}: ${data}`);
    const key = this.keys.of('realtime', 'recorded');
    await this.redis.lpush(key, ...messages.map((message) => JSON.stringify(message)));
    await this.redis.ltrim(key, 0, keptMessages - 1);
    return messages.map(() => undefined);
  }
}
