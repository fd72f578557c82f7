import { protocolFrame } from '../channel/frame.js';
import { asFields, type Fields, parsed } from '../json.js';
import { limits } from '../limits.js';
import type { LiveApp } from '../live-app.js';
import { isSignedBy } from '../signing.js';
import type { Connection, SignedInUser } from './connection.js';

/** Signs a user in on a connection; one that fails is closed, as at Pusher. */
export function signIn({ app }: LiveApp, connection: Connection, data: Fields): void {
  const { auth, user_data: userData } = data;
  if (typeof userData !== 'string' || !isSignedBy(app, auth, `${connection.socketId}::user::${userData}`)) {
    connection.close(4009, 'Connection not authorized: the signature of the sign-in is wrong');
    return;
  }
  const user = asFields(parsed(userData));
  if (!isUser(user)) {
    connection.close(4009, `user_data has to have an id of up to ${limits.userIdLength} characters`);
    return;
  }
  connection.user = user;
  connection.send(protocolFrame('pusher:signin_success', { user_data: userData }));
}

function isUser(user: Fields | undefined): user is SignedInUser {
  return typeof user?.id === 'string' && user.id !== '' && user.id.length <= limits.userIdLength;
}
