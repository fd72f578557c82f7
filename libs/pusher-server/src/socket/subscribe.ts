import type { Member } from '../channel.js';
import type { LiveApp } from '../live-app.js';
import {
  asFields,
  asText,
  encoded,
  type Fields,
  isChannelName,
  isOver,
  isPresence,
  isSignedBy,
  isUserChannel,
  limits,
  needsAuth,
  parsed,
  userChannel,
} from '../protocol.js';
import type { Connection, SignedInUser } from './connection.js';

/** The reason of a refused subscription, as the client gets it. */
interface SubscriptionError {
  type: 'AuthError' | 'InvalidChannel' | 'LimitReached';
  error: string;
  status: number;
}

/** Subscribes a connection to a channel if the app has signed that it may. */
export function subscribe(app: LiveApp, connection: Connection, data: Fields): void {
  const name = asText(data.channel);
  if (connection.channels.has(name)) {
    connection.sendError(`Existing subscription to channel ${name}`);
    return;
  }
  const member = isPresence(name) ? memberFrom(data, connection.user) : undefined;
  const error =
    nameError(name, connection) ?? authError(app, connection, name, data) ?? memberError(app, name, member);
  if (error) connection.send(encoded({ event: 'pusher:subscription_error', channel: name, data: error }));
  else app.join(connection, name, member === 'invalid' ? undefined : member);
}

/** The member of a presence channel: the one in channel_data, else the signed-in user. */
function memberFrom({ channel_data: data }: Fields, user?: SignedInUser): Member | 'invalid' {
  const fields = typeof data === 'string' ? asFields(parsed(data)) : user && { ...user, user_id: user.id };
  const id = fields?.user_id;
  const userId = typeof id === 'number' ? String(id) : id;
  if (typeof userId !== 'string' || !userId || userId.length > limits.userIdLength) return 'invalid';
  const info = fields?.user_info;
  if (info !== undefined && isOver(JSON.stringify(info), limits.memberInfoBytes)) return 'invalid';
  return { userId, info };
}

function nameError(name: string, { user }: Connection): SubscriptionError | undefined {
  if (isChannelName(name)) return undefined;
  if (!isUserChannel(name))
    return { type: 'InvalidChannel', error: 'A channel name is 1 to 164 of A-Za-z0-9_-=@,.;', status: 400 };
  if (user && name === userChannel(user.id)) return undefined;
  return {
    type: 'AuthError',
    error: 'Only the signed-in user may subscribe to its own channel',
    status: 403,
  };
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
