import type { GoalEvent } from '#contracts';
import { InjectRedis, RedisKeys } from '#platform';
import { Injectable } from '@nestjs/common';
import type { Redis } from 'ioredis';
import { type StreamMessage, streamMessageOf } from './stream-message.js';

/** What the processes with streams hear by Redis: that the log has grown, or messages that no log has. */
export type StreamNotice = { messages?: StreamMessage[] };

/** Tells all apis over Redis what there is for their streams. */
@Injectable()
export class StreamPublisher {
  private readonly channel: string;

  constructor(
    @InjectRedis() private readonly redis: Redis,
    keys: RedisKeys,
  ) {
    this.channel = channelOf(keys);
  }

  /** Says that the log has grown. An api that does not hear it looks by itself a few seconds later. */
  wake(): void {
    this.publish({}).catch(() => undefined);
  }

  /** Sends events to the streams that are open at this moment, without the log. */
  async send(events: GoalEvent[]): Promise<void> {
    const messages = events.map(streamMessageOf).filter((message) => message !== undefined);
    if (messages.length > 0) await this.publish({ messages });
  }

  /** Sends messages that are no events, such as rehearsals, to the streams that are open at this moment. */
  async sendMessages(messages: StreamMessage[]): Promise<void> {
    await this.publish({ messages });
  }

  private async publish(notice: StreamNotice): Promise<void> {
    await this.redis.publish(this.channel, JSON.stringify(notice));
  }
}

/** The channel in Redis that all apis of an installation listen to. */
export function channelOf(keys: RedisKeys): string {
  return keys.of('streams');
}
