import { isId, PermanentError } from '#platform';
import { Injectable } from '@nestjs/common';
import { ChannelEncryption, checkChannelName, needsEncryption } from './channels.js';
import type { PushMetrics } from './push-metrics.js';
import { RefusedPushQueue } from './refused-push.queue.js';

/** An event for the subscribers of a channel. On an encrypted one its payload has a `session_id`, for whose viewers it is. */
export interface RealtimeMessage {
  channel: string;
  name: string;
  payload: Record<string, unknown>;
}

/** An event as it goes over the wire: `data` is JSON text. */
export interface EncodedMessage {
  channel: string;
  name: string;
  data: string;
}

/** Events that Pusher takes in one call. */
export const batchLimit = 10;

/** Bytes of data that Pusher takes in one message. */
export const payloadLimit = 10 * 1024;

const longestKeptText = 100;

/**
 * Sends events to the screens of viewers. Enforces the limits of the Pusher protocol, whichever server is used, and
 * encrypts payloads for presence-enc-* channels, which no server does by itself.
 */
@Injectable()
export abstract class Realtime {
  constructor(
    private readonly encryption: ChannelEncryption,
    private readonly refused: RefusedPushQueue,
    private readonly metrics: PushMetrics,
  ) {}

  /** Sends an event; resolves once the server has accepted it. A payload over the limit is truncated. */
  async send(channel: string, name: string, payload: Record<string, unknown>): Promise<void> {
    const [refusal] = await this.counted([this.encode({ channel, name, payload })]);
    if (refusal) throw refusal;
  }

  /**
   * Sends events in their order, in as few calls as the protocol allows; throws at the first call that fails. An event
   * that is refused among others gets a job of its own, so that a retry does not send the others again.
   */
  async sendAll(messages: RealtimeMessage[]): Promise<void> {
    const [first, ...others] = messages;
    if (first && others.length === 0) return this.send(first.channel, first.name, first.payload);
    for (let begin = 0; begin < messages.length; begin += batchLimit) {
      const refused = await this.sendBatch(messages.slice(begin, begin + batchLimit));
      for (const message of refused) await this.refused.add(message);
    }
  }

  /**
   * Sends one to ten messages to the server. Resolves with one result for each: the reason if the message was refused for
   * its content, undefined if it was accepted. Throws if the result is unknown.
   */
  protected abstract deliver(messages: EncodedMessage[]): Promise<(PermanentError | undefined)[]>;

  private counted(messages: EncodedMessage[]): Promise<(PermanentError | undefined)[]> {
    return this.metrics.count(messages.length, this.deliver(messages));
  }

  /** Returns the refused messages of a batch. */
  private async sendBatch(messages: RealtimeMessage[]): Promise<RealtimeMessage[]> {
    const sendable: RealtimeMessage[] = [];
    const encoded: EncodedMessage[] = [];
    const refused: RealtimeMessage[] = [];
    for (const message of messages)
      try {
        encoded.push(this.encode(message));
        sendable.push(message);
      } catch (error) {
        if (!(error instanceof PermanentError)) throw error;
        refused.push(message);
      }
    const refusals = encoded.length > 0 ? await this.counted(encoded) : [];
    return [...refused, ...sendable.filter((_, index) => refusals[index])];
  }

  private encode({ channel, name, payload }: RealtimeMessage): EncodedMessage {
    checkChannelName(channel);
    return { channel, name, data: encodeWithinLimit(payload, this.encoderFor(channel, payload.session_id)) };
  }

  private encoderFor(channel: string, sessionId: unknown): (value: object) => string {
    if (!needsEncryption(channel)) return (value) => JSON.stringify(value);
    if (!isId(sessionId)) throw new PermanentError(`what is sent on ${channel} names no session`);
    return (value) => JSON.stringify(this.encryption.encrypt(channel, sessionId, JSON.stringify(value)));
  }
}

/** Encodes a payload; one that is too large is truncated to its short plain fields, such as ids, and marked so. */
export function encodeWithinLimit(
  payload: Record<string, unknown>,
  encode: (value: object) => string,
): string {
  const whole = encode(payload);
  if (Buffer.byteLength(whole) <= payloadLimit) return whole;
  const short = Object.entries(payload).filter(([, value]) => isShort(value));
  return encode({ ...Object.fromEntries(short), truncated: true });
}

function isShort(value: unknown): boolean {
  return typeof value === 'string'
    ? value.length <= longestKeptText
    : typeof value === 'number' || typeof value === 'boolean';
}
