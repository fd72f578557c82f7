import { takesClientEvents } from '../channel/channel-name.js';
import { asText, type Fields } from '../json.js';
import { isOver, limits } from '../limits.js';
import type { LiveApp } from '../live-app.js';
import type { Connection } from './connection.js';
import { RateLimit } from './rate-limit.js';

/** Hands on what one client says to the others on its channel. */
export function clientEventHandler(
  app: LiveApp,
  connection: Connection,
  perSecond: number,
): (event: string, message: Fields) => void {
  const rate = new RateLimit(perSecond);
  return (event, { channel, data }) => {
    const name = asText(channel);
    const rejected = rejection(connection, event, name, data);
    if (rejected) connection.complain(`The client event was rejected: ${rejected}`);
    else if (!rate.admits())
      connection.complain(`The client event was rejected: more than ${perSecond} in a second`, 4301);
    else {
      const from = app.channel(name);
      from?.broadcast({ event, data, user_id: from.memberOf(connection)?.userId }, connection.socketId);
    }
  };
}

function rejection({ channels }: Connection, event: string, name: string, data: unknown): string | undefined {
  if (!takesClientEvents(name)) return 'only private and presence channels take them';
  if (!channels.has(name)) return `there is no subscription to ${name}`;
  if (event.length > limits.eventNameLength) return `its name has over ${limits.eventNameLength} characters`;
  const text = typeof data === 'string' ? data : JSON.stringify(data ?? null);
  return isOver(text, limits.dataBytes) ? `its data has over ${limits.dataBytes} bytes` : undefined;
}
