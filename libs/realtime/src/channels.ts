import { createHmac, hash, randomBytes } from 'node:crypto';
import { PermanentError } from '#platform';
import { Injectable } from '@nestjs/common';
import nacl from 'tweetnacl';
import { RealtimeConfig } from './realtime.config.js';

/** A payload in the form of Pusher's encrypted channels, both parts in base64. */
export interface EncryptedPayload {
  nonce: string;
  ciphertext: string;
}

/** Throws if Pusher would refuse the name: over 164 characters, or characters that it does not allow. */
export function checkChannelName(channel: string): void {
  if (!/^[A-Za-z0-9_\-=@,.;]{1,164}$/.test(channel))
    throw new PermanentError(`not a channel name that Pusher accepts: ${channel.slice(0, 200)}`);
}

/** Whether goalpost itself has to encrypt the payloads on this channel, because Pusher does not. */
export function needsEncryption(channel: string): boolean {
  return channel.startsWith('presence-enc-');
}

/** Builds and parses channel names by the configured templates. */
@Injectable()
export class Channels {
  private readonly streamPattern: RegExp;
  private readonly viewerPattern: RegExp;

  constructor(private readonly config: RealtimeConfig) {
    this.streamPattern = patternOf(config.channels.stream);
    this.viewerPattern = patternOf(config.channels.viewer);
  }

  /** The channel of a stream, for every signed-in viewer. */
  stream(streamerId: string): string {
    return this.config.channels.stream.replaceAll('{streamer_id}', streamerId);
  }

  /** The channel of one viewer of a stream. */
  viewer(streamerId: string, viewerId: string): string {
    return this.config.channels.viewer
      .replaceAll('{streamer_id}', streamerId)
      .replaceAll('{viewer_id}', viewerId);
  }

  /** The ids in a channel name; undefined if the name fits none of the templates. */
  parse(channel: string): { streamerId: string; viewerId?: string } | undefined {
    const viewer = this.viewerPattern.exec(channel)?.groups;
    if (viewer) return { streamerId: viewer.streamer_id ?? '', viewerId: viewer.viewer_id ?? '' };
    const stream = this.streamPattern.exec(channel)?.groups;
    return stream && { streamerId: stream.streamer_id ?? '' };
  }
}

/**
 * Encrypts payloads in the form of Pusher's private-encrypted channels: NaCl secretbox with a key for each channel and session,
 * which is the SHA-256 of both and the first master key. Who has the key of one session cannot read the next one.
 */
@Injectable()
export class ChannelEncryption {
  private readonly masterKeys: Buffer[];
  private readonly nonces = new Nonces();

  constructor({ pusher }: RealtimeConfig) {
    const keys = pusher?.encryptionMasterKeys ?? [];
    this.masterKeys =
      keys.length > 0 ? keys.map((key) => Buffer.from(key, 'base64')) : [derivedKey(pusher?.secret)];
  }

  /** The key of a channel in a session, 32 bytes; whoever has it can read what is sent on the channel in that session. */
  sharedSecret(channel: string, sessionId: string): Uint8Array {
    return secretBy(this.masterKeys[0]!, channel, sessionId);
  }

  /** The keys by the other master keys: by one of them a process encrypts that has another order of them. */
  otherSharedSecrets(channel: string, sessionId: string): Uint8Array[] {
    return this.masterKeys.slice(1).map((key) => secretBy(key, channel, sessionId));
  }

  /** Encrypts a text of a session for a channel, with a new nonce. */
  encrypt(channel: string, sessionId: string, text: string): EncryptedPayload {
    const nonce = this.nonces.next();
    const box = nacl.secretbox(Buffer.from(text), nonce, this.sharedSecret(channel, sessionId));
    return { nonce: nonce.toString('base64'), ciphertext: Buffer.from(box).toString('base64') };
  }
}

/** How many nonces are made at once: to ask the system for each costs as much as to encrypt with it. */
const stockOfNonces = 512;

/** Gives out random nonces, each once. */
class Nonces {
  private stock = Buffer.alloc(0);

  next(): Buffer {
    const { nonceLength } = nacl.secretbox;
    if (this.stock.length === 0) this.stock = randomBytes(stockOfNonces * nonceLength);
    const nonce = this.stock.subarray(0, nonceLength);
    this.stock = this.stock.subarray(nonceLength);
    return nonce;
  }
}

function secretBy(masterKey: Buffer, channel: string, sessionId: string): Uint8Array {
  // Neither a channel name nor an id has a colon.
  return hash('sha256', Buffer.concat([Buffer.from(`${channel}:${sessionId}:`), masterKey]), 'buffer');
}

function derivedKey(secret = 'recorded only'): Buffer {
  return createHmac('sha256', secret).update('goalpost channel encryption').digest();
}

/** Matches the names that a template makes: a streamer id is 24 hex digits, a viewer id any valid user id. */
function patternOf(template: string): RegExp {
  const literal = template.replaceAll(/[.*+?^$()|[\]\\]/g, String.raw`\$&`);
  const pattern = literal
    .replace('{streamer_id}', '(?<streamer_id>[0-9a-f]{24})')
    .replace('{viewer_id}', '(?<viewer_id>[A-Za-z0-9_\\-=,.;]{1,64})');
  return new RegExp(`^${pattern}$`);
}
