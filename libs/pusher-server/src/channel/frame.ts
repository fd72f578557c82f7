/** A message over the socket; what is undefined is left out. */
export interface Frame {
  event: string;
  channel?: string;
  data?: unknown;
  user_id?: string;
}

/** A message as text. */
export function encoded(frame: Frame): string {
  return JSON.stringify(frame);
}

/** A message of the protocol itself, whose data is JSON inside of JSON. */
export function protocolFrame(event: string, data: object, channel?: string): string {
  return encoded({ event, channel, data: JSON.stringify(data) });
}
