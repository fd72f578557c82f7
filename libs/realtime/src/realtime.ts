import { Injectable } from '@nestjs/common';
import { checkChannelName } from './channel-name.js';
import { ChannelEncryption, isEncryptedByUs } from './channel-encryption.js';
import { fitted } from './payload.js';

/** An event as it goes over the wire: `data` is JSON text. */
export interface RealtimeMessage {
  channel: string;
  name: string;
  data: string;
}

/**
 * Sends events to the screens of viewers. Holds the limits of the Pusher protocol whichever server stands behind it, and
 * encrypts what goes to presence-enc-* channels, which no server does by itself.
 */
@Injectable()
export abstract class Realtime {
  constructor(private readonly encryption: ChannelEncryption) {}

  /** Sends an event; resolves once the server has taken it. A payload over the limit is cut down to its ids. */
  async send(channel: string, name: string, payload: Record<string, unknown>): Promise<void> {
    checkChannelName(channel);
    const encode = isEncryptedByUs(channel)
      ? (value: object) => JSON.stringify(this.encryption.encrypt(channel, JSON.stringify(value)))
      : (value: object) => JSON.stringify(value);
    await this.deliver({ channel, name, data: fitted(payload, encode) });
  }

  protected abstract deliver(message: RealtimeMessage): Promise<void>;
}
