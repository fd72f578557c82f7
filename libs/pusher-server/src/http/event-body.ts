import { isChannelName, isUserChannel } from '../channel/channel-name.js';
import { asFields } from '../json.js';
import { isOver, limits } from '../limits.js';
import type { Publication } from '../live-app.js';
import { Refusal } from './refusal.js';

/** An event as it is posted: for `channels`, or for one `channel`. */
export function publicationFrom(value: unknown): Publication & { info: unknown } {
  const { name, data, channels, channel, socket_id: socketId, info } = asFields(value) ?? {};
  if (typeof name !== 'string' || !name || name.length > limits.eventNameLength)
    throw new Refusal(400, `name has to be a text of 1 to ${limits.eventNameLength} characters`);
  if (typeof data !== 'string') throw new Refusal(400, 'data has to be a text');
  if (isOver(data, limits.dataBytes))
    throw new Refusal(413, `The data of event ${name} has over ${limits.dataBytes} bytes`);
  if (socketId !== undefined && !(typeof socketId === 'string' && /^\d+\.\d+$/.test(socketId)))
    throw new Refusal(400, 'Invalid socket_id: it has to be digits.digits');
  return { name, data, channels: channelsFrom(channels ?? [channel]), exceptSocketId: socketId, info };
}

function channelsFrom(value: unknown): string[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > limits.channelsPerEvent)
    throw new Refusal(400, `An event goes to 1 to ${limits.channelsPerEvent} channels`);
  const names = value.map((name: unknown) => {
    if (!isChannelName(name) && !isUserChannel(name))
      throw new Refusal(400, `Invalid channel name: ${String(name).slice(0, 200)}`);
    return name;
  });
  return [...new Set(names)];
}
