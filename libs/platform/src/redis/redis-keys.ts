import { Injectable } from '@nestjs/common';
import { AppConfig } from '../config/config.js';

/** Names every key that goalpost keeps in Redis, each a key of its own so that a cluster can spread them. */
@Injectable()
export class RedisKeys {
  private readonly prefix: string;

  constructor(config: AppConfig) {
    this.prefix = config.redis.prefix;
  }

  /** A key from its parts, `goalpost:claim:show:…`. */
  of(...parts: string[]): string {
    return [this.prefix, ...parts].join(':');
  }

  /** A key that is of the same slot of a cluster as another one, so that a script may have both. */
  beside(key: string, part: string): string {
    return this.of(`{${key}}`, part);
  }

  /** Bull's prefix, in braces: all keys of a queue must share a slot of a cluster. */
  get queues(): string {
    return `{${this.prefix}}`;
  }
}
