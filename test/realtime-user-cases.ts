import { randomBytes } from 'node:crypto';
import {
  channelName,
  collect,
  joined,
  type Message,
  next,
  type Screen,
  type Stage,
} from './realtime-stage.js';

const newUser = () => `user-${randomBytes(6).toString('hex')}`;

/** Users that sign in on their connection. */
export function userCases(stage: () => Stage): void {
  it('a user is spoken to on every screen where it has signed in, and nobody else is', async () => {
    const [ada, bob] = [newUser(), newUser()];
    const screens = await Promise.all([ada, ada, bob].map((user) => signedIn(user)));
    const heard = screens.map(({ user }) => collect(user, 'stream.authorized'));
    const last = screens.map(({ user }) =>
      next(user, 'stream.authorized', (data) => data === `for ${user.user_data.id}`),
    );
    await stage().library.sendToUser(ada, 'stream.authorized', { session_id: 's1' });
    for (const user of [ada, bob]) await stage().library.sendToUser(user, 'stream.authorized', `for ${user}`);
    await Promise.all(last);
    const forAda = [{ session_id: 's1' }, `for ${ada}`];
    expect(heard).toEqual([forAda, forAda, [`for ${bob}`]]);
  });

  it('nobody listens to what the server sends to another user', async () => {
    const ada = newUser();
    const eve = await signedIn(newUser());
    const heard = collect(eve, 'stream.authorized');
    eve.send_event('pusher:subscribe', { channel: `#server-to-user-${ada}`, auth: '' });
    await stage().settled(eve);
    await stage().library.sendToUser(ada, 'stream.authorized', 'for ada');
    const name = channelName();
    const after = next(eve.subscribe(name), 'after');
    await joined(eve.channel(name));
    await stage().library.trigger(name, 'after', {});
    await after;
    expect(heard).toEqual([]);
  });

  it('the channel of a user is not listed among the channels', async () => {
    const ada = newUser();
    await signedIn(ada);
    const response = await stage().library.get({ path: '/channels' });
    const { channels } = (await response.json()) as { channels: object };
    const isTold = Object.hasOwn(channels, `#server-to-user-${ada}`);
    expect(isTold).toBe(stage().departures.listsUserChannels ?? false);
  });

  it('nobody signs in by a signature of another secret', async () => {
    const screen = stage().screen(newUser(), stage().libraryWith('another secret'));
    const error = next(screen.connection, 'error', isCode(4009));
    const { refusesByErrorAlone } = stage().departures;
    const gone = refusesByErrorAlone ? undefined : next(screen.connection, 'disconnected');
    screen.signin();
    await error;
    await gone;
    expect(screen.user.user_data).toBeNull();
  });

  it('a user is cut off on every screen and does not come back, and others stay', async () => {
    const [ada, bob] = [newUser(), newUser()];
    const screens = await Promise.all([signedIn(ada), signedIn(ada)]);
    const other = await signedIn(bob);
    const gone = screens.map(({ connection }) => next(connection, 'disconnected'));
    const errors = screens.map(({ connection }) => next(connection, 'error', isCode(4009)));
    await stage().library.terminateUserConnections(ada);
    await Promise.all([...gone, ...errors]);
    const heard = next(other.user, 'still');
    await stage().library.sendToUser(bob, 'still', 'here');
    expect(await heard).toBe('here');
  });

  /** A screen on which the user has signed in and can be spoken to. */
  async function signedIn(userId: string): Promise<Screen> {
    const screen = stage().screen(userId);
    const ready = next<Message>(
      screen.connection,
      'message',
      ({ event, channel }) =>
        event === 'pusher_internal:subscription_succeeded' && channel === `#server-to-user-${userId}`,
    );
    screen.signin();
    await ready;
    return screen;
  }
}

/** Whether an error of the connection has this code. */
const isCode =
  (code: number) => (error: { data?: { code?: number }; error?: { data?: { code?: number } } }) =>
    error.data?.code === code || error.error?.data?.code === code;
