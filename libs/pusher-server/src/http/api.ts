import { parsed } from '../json.js';
import type { LiveApp } from '../live-app.js';
import { getChannel, getChannels, getUsers } from './asking.js';
import { postBatch, postEvent } from './publishing.js';
import type { ReceivedRequest } from './read-request.js';
import { Refusal } from './refusal.js';
import { verify } from './verify.js';

interface Asked {
  app: LiveApp;
  request: ReceivedRequest;
  /** What stands in the path where the pattern has a group. */
  name: string;
}

/** The HTTP API below `/apps/{id}`. */
const routes: [method: string, path: RegExp, answer: (asked: Asked) => object][] = [
  ['POST', /^\/events$/, ({ app, request }) => postEvent(app, json(request))],
  ['POST', /^\/batch_events$/, ({ app, request }) => postBatch(app, json(request))],
  ['GET', /^\/channels$/, ({ app, request }) => getChannels(app, request.query)],
  ['GET', /^\/channels\/([^/]+)$/, ({ app, request, name }) => getChannel(app, request.query, name)],
  ['GET', /^\/channels\/([^/]+)\/users$/, ({ app, name }) => getUsers(app, name)],
  ['POST', /^\/users\/(.+)\/terminate_connections$/, ({ app, name }) => terminate(app, name)],
];

/** Answers a request that its app has signed. */
export function answerApi(request: ReceivedRequest, apps: LiveApp[]): object {
  const [, id, below = ''] = /^\/apps\/([^/]+)(\/.*)$/.exec(request.path) ?? [];
  if (id === undefined) throw new Refusal(404, 'There is nothing here; the API is at /apps/{id}/...');
  const app = apps.find((one) => one.app.id === id);
  if (!app) throw new Refusal(404, `There is no app with the id ${id.slice(0, 60)}`);
  verify(request, app.app);
  for (const [method, path, answer] of routes) {
    const match = path.exec(below);
    if (match && method === request.method) return answer({ app, request, name: match[1] ?? '' });
  }
  throw new Refusal(404, `There is no ${request.method} ${below.slice(0, 200)}`);
}

function json({ body }: ReceivedRequest): unknown {
  const value = parsed(body.toString());
  if (value === undefined) throw new Refusal(400, 'The body is not JSON');
  return value;
}

/** Sends a user away on every connection; 4009 keeps pusher-js from coming back. */
function terminate(app: LiveApp, userId: string): object {
  for (const connection of app.connectionsOf(userId)) connection.close(4009, 'The app ended this connection');
  return {};
}
