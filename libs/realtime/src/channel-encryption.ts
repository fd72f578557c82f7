import { createHash, createHmac } from 'node:crypto';
import { AppConfig } from '#platform';
import { Injectable } from '@nestjs/common';
import nacl from 'tweetnacl';

const prefix = 'presence-enc-';

/** Whether goalpost itself has to encrypt what this channel carries. */
export function isEncryptedByUs(channel: string): boolean {
  return channel.startsWith(prefix);
}

/** A payload as Pusher's encrypted channels carry it, both parts in base64. */
export interface EncryptedPayload {
  nonce: string;
  ciphertext: string;
}

/**
 * Encrypts payloads in the form of Pusher's private-encrypted channels: NaCl secretbox under a key of the channel, which
 * is the SHA-256 of its name and the master key.
 */
@Injectable()
export class ChannelEncryption {
  private readonly masterKey: Buffer;

  constructor({ pusher }: AppConfig) {
    this.masterKey = pusher?.encryptionMasterKey
      ? Buffer.from(pusher.encryptionMasterKey, 'base64')
      : createHmac('sha256', pusher?.secret ?? 'recorded only')
          .update('goalpost channel encryption')
          .digest();
  }

  /** The key of a channel, 32 bytes; who has it can read the channel. */
  sharedSecret(channel: string): Uint8Array {
    return createHash('sha256').update(channel).update(this.masterKey).digest();
  }

  /** Encrypts a text for a channel under a fresh nonce. */
  encrypt(channel: string, text: string): EncryptedPayload {
    const nonce = nacl.randomBytes(nacl.secretbox.nonceLength);
    const box = nacl.secretbox(Buffer.from(text), nonce, this.sharedSecret(channel));
    return { nonce: Buffer.from(nonce).toString('base64'), ciphertext: Buffer.from(box).toString('base64') };
  }
}
