import { unavailable } from '#platform';
import { Injectable } from '@nestjs/common';
import Pusher from 'pusher';
import { ChannelEncryption, needsEncryption } from '../channels.js';
import { RealtimeConfig } from '../realtime.config.js';

/** The authorization to join a channel, as pusher-js expects it. */
export interface ChannelAuthorization {
  auth: string;
  channel_data?: string;
  /** The key of a channel that goalpost encrypts, in base64. */
  shared_secret?: string;
  /** While one master key replaces another: further keys with which messages may be encrypted. */
  other_shared_secrets?: string[];
}

/** Signs subscriptions for the configured Pusher server. */
@Injectable()
export class ChannelSigner {
  private readonly pusher?: Pusher;

  constructor(
    { pusher }: RealtimeConfig,
    private readonly encryption: ChannelEncryption,
  ) {
    if (pusher)
      this.pusher = new Pusher({
        appId: pusher.appId,
        key: pusher.key,
        secret: pusher.secret,
        cluster: 'unused',
      });
  }

  /**
   * Authorizes a socket to join a channel as this user, with the key of the session that lets the user in if there is one.
   * Throws a 503 problem if no Pusher server is configured.
   */
  sign(socketId: string, channel: string, userId: string, sessionId?: string): ChannelAuthorization {
    if (!this.pusher) throw unavailable('No Pusher server is configured.');
    const isPresence = channel.startsWith('presence-');
    const authorization = this.pusher.authorizeChannel(
      socketId,
      channel,
      isPresence ? { user_id: userId } : undefined,
    );
    if (!needsEncryption(channel) || !sessionId) return authorization;
    const others = this.encryption.otherSharedSecrets(channel, sessionId).map(base64);
    return {
      ...authorization,
      shared_secret: base64(this.encryption.sharedSecret(channel, sessionId)),
      ...(others.length > 0 && { other_shared_secrets: others }),
    };
  }
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
