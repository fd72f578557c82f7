import { InjectRedis, RedisKeys } from '#platform';
import { Injectable, Logger } from '@nestjs/common';
import type { Redis } from 'ioredis';
import { ChannelEncryption } from '../channel-encryption.js';
import { Realtime, type RealtimeMessage } from '../realtime.js';
import { RefusedPushQueue } from '../refused/refused-push.queue.js';

const keptMessages = 1000;

/** Stands in for Pusher where none is configured: logs what would be sent, and keeps the last thousand for reading. */
@Injectable()
export class RecordedRealtime extends Realtime {
  private readonly logger = new Logger(RecordedRealtime.name);

  constructor(
    encryption: ChannelEncryption,
    refused: RefusedPushQueue,
    @InjectRedis() private readonly redis: Redis,
    private readonly keys: RedisKeys,
  ) {
    super(encryption, refused);
  }

  /** What would have been sent, newest first. */
  async recorded(): Promise<RealtimeMessage[]> {
    const lines = await this.redis.lrange(this.keys.of('realtime', 'recorded'), 0, -1);
    return lines.map((line) => JSON.parse(line) as RealtimeMessage);
  }

  protected override async deliver(messages: RealtimeMessage[]): Promise<undefined[]> {
    for (const { name, channel, data } of messages)
      this.logger.debug(`would send ${name} on ${channel}: ${data}`);
    const key = this.keys.of('realtime', 'recorded');
    await this.redis.lpush(key, ...messages.map((message) => JSON.stringify(message)));
    await this.redis.ltrim(key, 0, keptMessages - 1);
    return messages.map(() => undefined);
  }
}
