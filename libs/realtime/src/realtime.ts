import { Promptness } from '#platform';
import { Injectable } from '@nestjs/common';
import { checkChannelName } from './channel-name.js';
import { ChannelEncryption, isEncryptedByUs } from './channel-encryption.js';
import { fitted } from './payload.js';

/** An event for the screens that have joined a channel. */
export interface RealtimeNews {
  channel: string;
  name: string;
  payload: Record<string, unknown>;
}

/** An event as it goes over the wire: `data` is JSON text. */
export interface RealtimeMessage {
  channel: string;
  name: string;
  data: string;
}

/** Events that Pusher takes in one call. */
export const batchLimit = 10;

/**
 * Sends events to the screens of viewers. Holds the limits of the Pusher protocol whichever server stands behind it, and
 * encrypts what goes to presence-enc-* channels, which no server does by itself.
 */
@Injectable()
export abstract class Realtime {
  private readonly promptness = new Promptness();

  constructor(private readonly encryption: ChannelEncryption) {}

  /** Whether the server takes a call within a moment. */
  get isPrompt(): boolean {
    return this.promptness.holds;
  }

  /** Sends an event; resolves once the server has taken it. A payload over the limit is cut down to its ids. */
  async send(channel: string, name: string, payload: Record<string, unknown>): Promise<void> {
    await this.sendAll([{ channel, name, payload }]);
  }

  /** Sends events in their order, as few calls as the protocol allows; throws at the first call that fails. */
  async sendAll(news: RealtimeNews[]): Promise<void> {
    const messages = news.map((one) => this.messageOf(one));
    for (let begin = 0; begin < messages.length; begin += batchLimit)
      await this.promptness.watch(() => this.deliver(messages.slice(begin, begin + batchLimit)));
  }

  /** Hands one to ten messages to the server. */
  protected abstract deliver(messages: RealtimeMessage[]): Promise<void>;

  private messageOf({ channel, name, payload }: RealtimeNews): RealtimeMessage {
    checkChannelName(channel);
    const encode = isEncryptedByUs(channel)
      ? (value: object) => JSON.stringify(this.encryption.encrypt(channel, JSON.stringify(value)))
      : (value: object) => JSON.stringify(value);
    return { channel, name, data: fitted(payload, encode) };
  }
}
