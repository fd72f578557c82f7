/** Limits of Pusher Channels, held here too so that what passes in development passes in production. */
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

/** Whether a text has more UTF-8 bytes than allowed. */
export function isOver(text: string, bytes: number): boolean {
  return Buffer.byteLength(text) > bytes;
}
