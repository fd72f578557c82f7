import { isChannelName, isPresence, isUserChannel } from '../channel/channel-name.js';
import type { LiveApp } from '../live-app.js';
import { attributesOf } from './attributes.js';
import { Refusal } from './refusal.js';

type Query = Map<string, string>;

/** Every occupied channel, or those with a prefix. */
export function getChannels(app: LiveApp, query: Query): object {
  const prefix = query.get('filter_by_prefix') ?? '';
  const info = query.get('info');
  if (info?.split(',').includes('user_count') && !isPresence(prefix))
    throw new Refusal(400, 'user_count is known of presence channels only: filter_by_prefix has to begin so');
  const found = app.occupied().filter(({ name }) => name.startsWith(prefix) && !isUserChannel(name));
  return { channels: Object.fromEntries(found.map(({ name }) => [name, attributesOf(app, name, info)])) };
}

/** Whether a channel is occupied, and what else `info` asks for. */
export function getChannel(app: LiveApp, query: Query, name: string): object {
  check(name);
  return { occupied: app.channel(name) !== undefined, ...attributesOf(app, name, query.get('info')) };
}

/** The members of a presence channel. */
export function getUsers(app: LiveApp, name: string): object {
  check(name);
  if (!isPresence(name)) throw new Refusal(400, 'Users can only be retrieved for presence channels');
  return { users: (app.channel(name)?.members.ids ?? []).map((id) => ({ id })) };
}

function check(name: unknown): void {
  if (!isChannelName(name)) throw new Refusal(400, `Invalid channel name: ${String(name).slice(0, 200)}`);
}
