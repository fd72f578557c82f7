import { AppConfig, unavailable } from '#platform';
import { Injectable } from '@nestjs/common';
import Pusher from 'pusher';
import { ChannelEncryption, isEncryptedByUs } from '../channel-encryption.js';

/** Leave to join a channel, as pusher-js expects it. */
export interface ChannelLeave {
  auth: string;
  channel_data?: string;
  /** Key of a channel that goalpost encrypts, in base64. */
  shared_secret?: string;
}

/** Signs subscriptions for the Pusher server that is configured. */
@Injectable()
export class ChannelSigner {
  private readonly pusher?: Pusher;

  constructor(
    { pusher }: AppConfig,
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

  /** Lets a socket join a channel as this user. Throws a 503 problem where no Pusher server is configured. */
  sign(socketId: string, channel: string, userId: string): ChannelLeave {
    if (!this.pusher) throw unavailable('No Pusher server is configured.');
    const isPresence = channel.startsWith('presence-');
    const leave = this.pusher.authorizeChannel(
      socketId,
      channel,
      isPresence ? { user_id: userId } : undefined,
    );
    if (!isEncryptedByUs(channel)) return leave;
    return { ...leave, shared_secret: Buffer.from(this.encryption.sharedSecret(channel)).toString('base64') };
  }
}
