import type { IncomingMessage, ServerResponse } from 'node:http';
import type { LiveApp, Publication } from '../live-app.js';
import { asFields, isChannelName, isOver, isPresence, isUserChannel, limits, parsed } from '../protocol.js';
import { HttpError, type ReceivedRequest, readRequest, verify } from './request.js';

interface Call {
  app: LiveApp;
  request: ReceivedRequest;
  /** The part of the path that matches the group of the route's pattern. */
  name: string;
}

/** The HTTP API below `/apps/{id}`. */
const routes: [method: string, path: RegExp, answer: (call: Call) => object][] = [
  ['POST', /^\/events$/, postEvent],
  ['POST', /^\/batch_events$/, postBatch],
  ['GET', /^\/channels$/, getChannels],
  ['GET', /^\/channels\/([^/]+)$/, getChannel],
  ['GET', /^\/channels\/([^/]+)\/users$/, getUsers],
  ['POST', /^\/users\/(.+)\/terminate_connections$/, terminateConnections],
];

/** Answers an HTTP request. */
export async function answerHttp(
  request: IncomingMessage,
  response: ServerResponse,
  apps: LiveApp[],
): Promise<void> {
  try {
    const url = urlOf(request);
    if (url?.pathname === '/health') send(response, 200, 'ok');
    else if (!url) throw new HttpError(400, 'The address is not well-formed');
    else send(response, 200, answerApi(await readRequest(request, url), apps));
  } catch (error) {
    // Any other error is a client that disconnected while it was sending, or a bug.
    const status = error instanceof HttpError ? error.status : 500;
    send(response, status, (error as Error).message);
  }
}

/** The requested url; undefined if it is not well-formed. */
export function urlOf({ url = '' }: IncomingMessage): URL | undefined {
  return URL.canParse(url, 'http://server') ? new URL(url, 'http://server') : undefined;
}

function send(response: ServerResponse, status: number, content: object | string): void {
  const isText = typeof content === 'string';
  response.writeHead(status, { 'content-type': isText ? 'text/plain; charset=utf-8' : 'application/json' });
  response.end(isText ? content : JSON.stringify(content));
}

function answerApi(request: ReceivedRequest, apps: LiveApp[]): object {
  const [, id, below = ''] = /^\/apps\/([^/]+)(\/.*)$/.exec(request.path) ?? [];
  if (id === undefined) throw new HttpError(404, 'There is nothing here; the API is at /apps/{id}/...');
  const app = apps.find((one) => one.app.id === id);
  if (!app) throw new HttpError(404, `There is no app with the id ${id.slice(0, 60)}`);
  verify(request, app.app);
  for (const [method, path, answer] of routes) {
    const match = path.exec(below);
    if (match && method === request.method) return answer({ app, request, name: match[1] ?? '' });
  }
  throw new HttpError(404, `There is no ${request.method} ${below.slice(0, 200)}`);
}

/** Publishes one event; if `info` asks for it, returns attributes of its channels. */
function postEvent({ app, request }: Call): object {
  const event = publicationFrom(jsonBody(request));
  const channels = event.channels.map((name) => [name, attributesOf(app, name, event.info)]);
  app.publish(event);
  return event.info === undefined ? {} : { channels: Object.fromEntries(channels) };
}

/** Publishes several events in their order, or none if one of them is invalid. */
function postBatch({ app, request }: Call): object {
  const batch = asFields(jsonBody(request))?.batch;
  if (!Array.isArray(batch) || batch.length === 0 || batch.length > limits.eventsPerBatch)
    throw new HttpError(400, `batch has to be a list of 1 to ${limits.eventsPerBatch} events`);
  const events = batch.map((event: unknown) => publicationFrom(event));
  const attributes = events.map(({ channels: [name = ''], info }) => attributesOf(app, name, info));
  for (const event of events) app.publish(event);
  return events.some(({ info }) => info !== undefined) ? { batch: attributes } : {};
}

/** Every occupied channel, or those with a prefix. */
function getChannels({ app, request: { query } }: Call): object {
  const prefix = query.get('filter_by_prefix') ?? '';
  const info = query.get('info');
  if (info?.split(',').includes('user_count') && !isPresence(prefix))
    throw new HttpError(400, 'user_count needs a filter_by_prefix that begins with presence-');
  const found = app.occupied().filter(({ name }) => name.startsWith(prefix) && !isUserChannel(name));
  return { channels: Object.fromEntries(found.map(({ name }) => [name, attributesOf(app, name, info)])) };
}

/** Whether a channel is occupied, with the attributes that `info` asks for. */
function getChannel({ app, request, name }: Call): object {
  checkName(name);
  return { occupied: app.channel(name) !== undefined, ...attributesOf(app, name, request.query.get('info')) };
}

/** The members of a presence channel. */
function getUsers({ app, name }: Call): object {
  checkName(name);
  if (!isPresence(name)) throw new HttpError(400, 'Users can only be retrieved for presence channels');
  return { users: (app.channel(name)?.members.ids ?? []).map((id) => ({ id })) };
}

/** Closes all connections of a user; code 4009 keeps pusher-js from reconnecting. */
function terminateConnections({ app, name }: Call): object {
  for (const connection of app.connectionsOf(name)) connection.close(4009, 'The app ended this connection');
  return {};
}

function jsonBody({ body }: ReceivedRequest): unknown {
  const value = parsed(body.toString());
  if (value === undefined) throw new HttpError(400, 'The body is not JSON');
  return value;
}

/** Validates a posted event, which is for `channels` or for one `channel`. */
function publicationFrom(value: unknown): Publication & { info: unknown } {
  const { name, data, channels, channel, socket_id: socketId, info } = asFields(value) ?? {};
  if (typeof name !== 'string' || !name || name.length > limits.eventNameLength)
    throw new HttpError(400, `name has to be a text of 1 to ${limits.eventNameLength} characters`);
  if (typeof data !== 'string') throw new HttpError(400, 'data has to be a text');
  if (isOver(data, limits.dataBytes))
    throw new HttpError(413, `The data of event ${name} has over ${limits.dataBytes} bytes`);
  if (socketId !== undefined && !(typeof socketId === 'string' && /^\d+\.\d+$/.test(socketId)))
    throw new HttpError(400, 'Invalid socket_id: it has to be digits.digits');
  return { name, data, channels: channelsFrom(channels ?? [channel]), exceptSocketId: socketId, info };
}

function channelsFrom(value: unknown): string[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > limits.channelsPerEvent)
    throw new HttpError(400, `An event goes to 1 to ${limits.channelsPerEvent} channels`);
  return [...new Set(value.map((name: unknown) => (isUserChannel(name) ? name : checkName(name))))];
}

function checkName(name: unknown): string {
  if (isChannelName(name)) return name;
  throw new HttpError(400, `Invalid channel name: ${String(name).slice(0, 200)}`);
}

/** The attributes that `info` names, separated by commas; throws if the channel does not have them. */
function attributesOf(
  app: LiveApp,
  name: string,
  info: unknown,
): { user_count?: number; subscription_count?: number } {
  const wanted = new Set(typeof info === 'string' ? info.split(',') : []);
  const channel = app.channel(name);
  if (wanted.has('user_count') && !isPresence(name))
    throw new HttpError(400, 'Cannot retrieve the user count unless the channel is a presence channel');
  return {
    ...(wanted.has('user_count') && { user_count: channel?.members.count ?? 0 }),
    ...(wanted.has('subscription_count') && { subscription_count: channel?.size ?? 0 }),
  };
}
