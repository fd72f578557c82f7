import { isChannelName, isPresence, isUserChannel, needsAuth, userChannel } from '../channel/channel-name.js';
import { encoded } from '../channel/frame.js';
import type { Member } from '../channel/members.js';
import { asText, type Fields } from '../json.js';
import { limits } from '../limits.js';
import type { LiveApp } from '../live-app.js';
import { isSignedBy } from '../signing.js';
import type { Connection } from './connection.js';
import { memberFrom } from './member.js';

/** Why a subscription is refused, as the client is told. */
interface SubscriptionError {
  type: 'AuthError' | 'InvalidChannel' | 'LimitReached';
  error: string;
  status: number;
}

/** Subscribes a connection to a channel, where the app has signed that it may. */
export function subscribe(app: LiveApp, connection: Connection, data: Fields): void {
  const name = asText(data.channel);
  if (connection.channels.has(name)) {
    connection.complain(`Existing subscription to channel ${name}`);
    return;
  }
  const member = isPresence(name) ? memberFrom(data, connection.user) : undefined;
  const error =
    nameError(name, connection) ?? authError(app, connection, name, data) ?? memberError(app, name, member);
  if (error) connection.send(encoded({ event: 'pusher:subscription_error', channel: name, data: error }));
  else app.join(connection, name, member === 'invalid' ? undefined : member);
}

function nameError(name: string, { user }: Connection): SubscriptionError | undefined {
  if (isChannelName(name)) return undefined;
  if (!isUserChannel(name))
    return { type: 'InvalidChannel', error: 'A channel name is 1 to 164 of A-Za-z0-9_-=@,.;', status: 400 };
  if (user && name === userChannel(user.id)) return undefined;
  return { type: 'AuthError', error: 'Only the user itself hears what the server tells it', status: 403 };
}

function authError(
  { app }: LiveApp,
  { socketId }: Connection,
  name: string,
  { auth, channel_data: channelData }: Fields,
): SubscriptionError | undefined {
  if (!needsAuth(name)) return undefined;
  const text = [socketId, name, ...(typeof channelData === 'string' ? [channelData] : [])].join(':');
  if (isSignedBy(app, auth, text)) return undefined;
  const error = `The connection is unauthorized: auth has to be ${app.key}: and the HMAC-SHA256 in hex of ${text}`;
  return { type: 'AuthError', error, status: 401 };
}

function memberError(
  app: LiveApp,
  name: string,
  member: Member | 'invalid' | undefined,
): SubscriptionError | undefined {
  if (!member) return undefined;
  if (member === 'invalid') {
    const { userIdLength, memberInfoBytes } = limits;
    const error = `channel_data needs a user_id of up to ${userIdLength} characters, and user_info of up to ${memberInfoBytes} bytes`;
    return { type: 'AuthError', error, status: 400 };
  }
  const members = app.channel(name)?.members;
  if (!members || members.has(member.userId) || members.count < limits.presenceMembers) return undefined;
  const error = `A presence channel has up to ${limits.presenceMembers} members`;
  return { type: 'LimitReached', error, status: 4004 };
}
