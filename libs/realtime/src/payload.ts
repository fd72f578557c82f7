/** Bytes of data that Pusher takes in one message. */
export const payloadLimit = 10 * 1024;

const longestKept = 100;

/** Encodes a payload; one that is too large is cut down to its short plain fields, ids above all, and says so. */
export function fitted(payload: Record<string, unknown>, encode: (value: object) => string): string {
  const whole = encode(payload);
  if (Buffer.byteLength(whole) <= payloadLimit) return whole;
  const short = Object.entries(payload).filter(([, value]) => isShort(value));
  return encode({ ...Object.fromEntries(short), truncated: true });
}

function isShort(value: unknown): boolean {
  return typeof value === 'string'
    ? value.length <= longestKept
    : typeof value === 'number' || typeof value === 'boolean';
}
