import { encoded } from '../channel/frame.js';
import { asFields, asText, type Fields, parsed } from '../json.js';
import type { LiveApp } from '../live-app.js';
import type { Timings } from '../options.js';
import { clientEventHandler } from './client-event.js';
import type { Connection } from './connection.js';
import { signIn } from './sign-in.js';
import { subscribe } from './subscribe.js';

type Handler = (app: LiveApp, connection: Connection, data: Fields) => void;

/** What a client may ask of the server. */
const handlers = new Map<string, Handler>([
  ['pusher:ping', (_, connection) => connection.send(encoded({ event: 'pusher:pong', data: {} }))],
  ['pusher:pong', () => {}],
  ['pusher:subscribe', subscribe],
  ['pusher:unsubscribe', (app, connection, { channel }) => app.leave(connection, asText(channel))],
  ['pusher:signin', signIn],
]);

/** Reads what one connection sends. */
export function messageHandler(
  app: LiveApp,
  connection: Connection,
  { clientEventsPerSecond }: Timings,
): (text: string) => void {
  const handleClientEvent = clientEventHandler(app, connection, clientEventsPerSecond);
  return (text) => {
    const message = asFields(parsed(text));
    const { event, data } = message ?? {};
    if (!message || typeof event !== 'string') {
      connection.complain('A message has to be a JSON object with an event');
      return;
    }
    const handler = handlers.get(event);
    // Some clients send data as JSON inside of JSON.
    if (handler) handler(app, connection, asFields(typeof data === 'string' ? parsed(data) : data) ?? {});
    else if (event.startsWith('client-')) handleClientEvent(event, message);
    else connection.complain(`Unknown event: ${event.slice(0, 200)}`);
  };
}
