import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { PusherApp } from './options.js';

/** The signature of a text under the secret of an app, in hex. */
export function signatureOf(text: string, { secret }: PusherApp): string {
  return createHmac('sha256', secret).update(text).digest('hex');
}

/** The MD5 of a body, as signed requests carry it. */
export function md5Of(body: Buffer): string {
  return createHash('md5').update(body).digest('hex');
}

/** Compares in a time that tells nothing of where two texts differ. */
export function isSame(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** Whether `key:signature`, as clients hand it in, signs this text. */
export function isSignedBy(app: PusherApp, auth: unknown, text: string): boolean {
  return typeof auth === 'string' && isSame(auth, `${app.key}:${signatureOf(text, app)}`);
}
