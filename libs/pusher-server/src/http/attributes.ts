import { isPresence } from '../channel/channel-name.js';
import type { LiveApp } from '../live-app.js';
import { Refusal } from './refusal.js';

/** What can be told of a channel. */
export interface Attributes {
  user_count?: number;
  subscription_count?: number;
}

/** The attributes that `info` names, parted by commas; throws where the channel does not have them. */
export function attributesOf(app: LiveApp, name: string, info: unknown): Attributes {
  const asked = new Set(typeof info === 'string' ? info.split(',') : []);
  const channel = app.channel(name);
  if (asked.has('user_count') && !isPresence(name))
    throw new Refusal(400, 'Cannot retrieve the user count unless the channel is a presence channel');
  return {
    ...(asked.has('user_count') && { user_count: channel?.members.count ?? 0 }),
    ...(asked.has('subscription_count') && { subscription_count: channel?.size ?? 0 }),
  };
}
