import { createHmac, timingSafeEqual } from 'node:crypto';

/** The limits of Pusher Channels, enforced here too so that what works in development works in production. */
export const limits = {
  dataBytes: 10 * 1024,
  eventNameLength: 200,
  channelsPerEvent: 100,
  eventsPerBatch: 10,
  presenceMembers: 100,
  memberInfoBytes: 1024,
  userIdLength: 128,
  /** Ten events of 10 KB fit in, however their data is escaped. */
  bodyBytes: 1024 * 1024,
  frameBytes: 100 * 1024,
  requestAgeSeconds: 600,
};

/** Whether a string has more UTF-8 bytes than allowed. */
export function isOver(text: string, bytes: number): boolean {
  return Buffer.byteLength(text) > bytes;
}

/** An app in the sense of Pusher: the key is public, the secret signs. */
export interface PusherApp {
  id: string;
  key: string;
  secret: string;
}

/** The signature of a text with the secret of an app, in hex. */
export function signatureOf(text: string, { secret }: PusherApp): string {
  return createHmac('sha256', secret).update(text).digest('hex');
}

/** Compares two strings in constant time. */
export function isSame(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** Whether a client's `key:signature` is the app's signature of this text. */
export function isSignedBy(app: PusherApp, auth: unknown, text: string): boolean {
  return typeof auth === 'string' && isSame(auth, `${app.key}:${signatureOf(text, app)}`);
}

/** A message over the socket. */
export interface Frame {
  event: string;
  channel?: string;
  data?: unknown;
  user_id?: string;
}

/** Serializes a message. */
export function encoded(frame: Frame): string {
  return JSON.stringify(frame);
}

/** Serializes a message of the protocol itself, whose data is JSON inside of JSON. */
export function protocolFrame(event: string, data: object, channel?: string): string {
  return encoded({ event, channel, data: JSON.stringify(data) });
}

/** A JSON object whose fields are not validated yet. */
export type Fields = Record<string, unknown>;

/** Parses JSON; undefined if the text is not JSON. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** The value if it is a string, else an empty one. */
export function asText(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** The value if it is a JSON object, else undefined. */
export function asFields(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}

const userPrefix = '#server-to-user-';

/** Whether clients may subscribe to a channel of this name. */
export function isChannelName(name: unknown): name is string {
  return typeof name === 'string' && /^[A-Za-z0-9_\-=@,.;]{1,164}$/.test(name);
}

/** The channel on which the server sends to one signed-in user. */
export function userChannel(userId: string): string {
  return userPrefix + userId;
}

/** Whether this is the channel of a user, which nobody else may subscribe to. */
export function isUserChannel(name: unknown): name is string {
  return typeof name === 'string' && name.startsWith(userPrefix) && name.length > userPrefix.length;
}

/** Whether the subscribers of this channel are members that see each other. */
export function isPresence(name: string): boolean {
  return name.startsWith('presence-');
}

/** Whether a subscription has to be signed by the app. */
export function needsAuth(name: string): boolean {
  return name.startsWith('private-') || isPresence(name);
}

/** Whether clients may send events here; on encrypted channels only the server may. */
export function takesClientEvents(name: string): boolean {
  return needsAuth(name) && !name.startsWith('private-encrypted-');
}
