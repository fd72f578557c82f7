import { PermanentError } from '#platform';
import { Injectable } from '@nestjs/common';
import { checkChannelName } from './channel-name.js';
import { ChannelEncryption, isEncryptedByUs } from './channel-encryption.js';
import { fitted } from './payload.js';
import { RefusedPushQueue } from './refused/refused-push.queue.js';

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
  constructor(
    private readonly encryption: ChannelEncryption,
    private readonly refused: RefusedPushQueue,
  ) {}

  /** Sends an event; resolves once the server has taken it. A payload over the limit is cut down to its ids. */
  async send(channel: string, name: string, payload: Record<string, unknown>): Promise<void> {
    const [refusal] = await this.deliver([this.messageOf({ channel, name, payload })]);
    if (refusal) throw refusal;
  }

  /**
   * Sends events in their order, in as few calls as the protocol allows; throws at the first call that fails. One that is
   * refused among others goes on in a job of its own, so that it neither holds them up nor has them sent again.
   */
  async sendAll(news: RealtimeNews[]): Promise<void> {
    const [first, ...others] = news;
    if (first && others.length === 0) return this.send(first.channel, first.name, first.payload);
    for (let begin = 0; begin < news.length; begin += batchLimit) {
      const refused = await this.sendBatch(news.slice(begin, begin + batchLimit));
      for (const one of refused) await this.refused.add(one);
    }
  }

  /**
   * Hands one to ten messages to the server. Resolves to why each of them was refused for what is in it, undefined where it
   * was taken; throws where that is not known.
   */
  protected abstract deliver(messages: RealtimeMessage[]): Promise<(PermanentError | undefined)[]>;

  /** Returns those of a batch that are refused. */
  private async sendBatch(news: RealtimeNews[]): Promise<RealtimeNews[]> {
    const sendable: RealtimeNews[] = [];
    const messages: RealtimeMessage[] = [];
    const refused: RealtimeNews[] = [];
    for (const one of news)
      try {
        messages.push(this.messageOf(one));
        sendable.push(one);
      } catch (error) {
        if (!(error instanceof PermanentError)) throw error;
        refused.push(one);
      }
    const refusals = messages.length > 0 ? await this.deliver(messages) : [];
    return [...refused, ...sendable.filter((_, index) => refusals[index])];
  }

  private messageOf({ channel, name, payload }: RealtimeNews): RealtimeMessage {
    checkChannelName(channel);
    const encode = isEncryptedByUs(channel)
      ? (value: object) => JSON.stringify(this.encryption.encrypt(channel, JSON.stringify(value)))
      : (value: object) => JSON.stringify(value);
    return { channel, name, data: fitted(payload, encode) };
  }
}
