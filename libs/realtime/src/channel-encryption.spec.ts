import { createHash } from 'node:crypto';
import nacl from 'tweetnacl';
import { ChannelEncryption, type EncryptedPayload, needsEncryption } from './channels.js';
import { RealtimeConfig } from './realtime.config.js';

const channel = 'presence-enc-stream-viewer@0123456789abcdef01234567.sd.0123456789abcdef01234568';
const session = '0123456789abcdef01234569';
const masterKey = Buffer.alloc(32, 7).toString('base64');

function encryptionWith(pusher: { secret: string; encryptionMasterKeys?: string[] }): ChannelEncryption {
  return new ChannelEncryption(
    Object.assign(new RealtimeConfig(), {
      pusher: { appId: 'app', key: 'key', useTls: false, timeoutMs: 1, encryptionMasterKeys: [], ...pusher },
    }),
  );
}

/** Decrypts as pusher-js does with the `shared_secret` of an auth response; null if the key does not fit. */
function opened({ nonce, ciphertext }: EncryptedPayload, sharedSecret: string): string | null {
  const bytes = (text: string) => new Uint8Array(Buffer.from(text, 'base64'));
  const text = nacl.secretbox.open(bytes(ciphertext), bytes(nonce), bytes(sharedSecret));
  return text && Buffer.from(text).toString();
}

const secretOf = (encryption: ChannelEncryption, name = channel, sessionId = session) =>
  Buffer.from(encryption.sharedSecret(name, sessionId)).toString('base64');

describe('ChannelEncryption', () => {
  const encryption = encryptionWith({ secret: 'secret', encryptionMasterKeys: [masterKey] });
  const text = JSON.stringify({ goal_id: '0123456789abcdef01234567', title: 'für dich 🎉' });

  it('is read by a client with the shared secret of the channel', () => {
    const { nonce, ciphertext, ...rest } = encryption.encrypt(channel, session, text);
    expect(rest).toEqual({});
    expect(Buffer.from(nonce, 'base64')).toHaveLength(nacl.secretbox.nonceLength);
    expect(opened({ nonce, ciphertext }, secretOf(encryption))).toBe(text);
    expect(ciphertext).not.toContain(Buffer.from(text).toString('base64').slice(0, 20));
  });

  it('makes the key of the name, the session and the master key', () => {
    const expected = createHash('sha256')
      .update(Buffer.concat([Buffer.from(`${channel}:${session}:`), Buffer.alloc(32, 7)]))
      .digest('base64');
    expect(secretOf(encryption)).toBe(expected);
  });

  it('is not read with the secret of another channel, session or master key, nor when changed', () => {
    const payload = encryption.encrypt(channel, session, text);
    const other = encryptionWith({
      secret: 'secret',
      encryptionMasterKeys: [Buffer.alloc(32, 8).toString('base64')],
    });
    expect(opened(payload, secretOf(encryption, `${channel}0`))).toBeNull();
    expect(opened(payload, secretOf(encryption, channel, session.replace('9', 'a')))).toBeNull();
    expect(opened(payload, secretOf(other))).toBeNull();
    const changed = Buffer.from(payload.ciphertext, 'base64');
    changed[0]! ^= 1;
    expect(opened({ ...payload, ciphertext: changed.toString('base64') }, secretOf(encryption))).toBeNull();
  });

  it('encrypts by the first of several master keys, and knows the keys by all of them, in their order', () => {
    const next = Buffer.alloc(32, 8).toString('base64');
    const before = encryptionWith({ secret: 'secret', encryptionMasterKeys: [masterKey, next] });
    const after = encryptionWith({ secret: 'secret', encryptionMasterKeys: [next, masterKey] });
    const [old, fresh] = [secretOf(before), secretOf(after)];
    expect(opened(before.encrypt(channel, session, text), old)).toBe(text);
    expect(opened(after.encrypt(channel, session, text), fresh)).toBe(text);
    expect(opened(after.encrypt(channel, session, text), old)).toBeNull();
    const othersOf = (one: ChannelEncryption) =>
      one.otherSharedSecrets(channel, session).map((key) => Buffer.from(key).toString('base64'));
    expect([othersOf(before), othersOf(after), othersOf(encryption)]).toEqual([[fresh], [old], []]);
  });

  it('uses a new nonce each time', () => {
    const nonces = Array.from({ length: 50 }, () => encryption.encrypt(channel, session, text).nonce);
    expect(new Set(nonces).size).toBe(50);
  });

  it('derives its master key from the secret of the app if none is set, the same in every process', () => {
    const payload = encryptionWith({ secret: 'one' }).encrypt(channel, session, text);
    expect(opened(payload, secretOf(encryptionWith({ secret: 'one' })))).toBe(text);
    expect(opened(payload, secretOf(encryptionWith({ secret: 'two' })))).toBeNull();
  });
});

describe('needsEncryption', () => {
  it.each([
    [channel, true],
    ['private-stream@0123456789abcdef01234567', false],
    ['presence-stream', false],
    ['private-encrypted-stream', false],
    ['x-presence-enc-stream', false],
  ])('%s: %s', (name, expected) => {
    expect(needsEncryption(name)).toBe(expected);
  });
});
