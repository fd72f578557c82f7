import type { Members, PresenceChannel } from 'pusher-js';
import {
  channelName,
  collect,
  joined,
  type Message,
  next,
  type Screen,
  type Stage,
} from './realtime-stage.js';

/** Channels of each kind: who is let in, and what they carry. */
export function channelCases(stage: () => Stage): void {
  it.each(['', 'private-', 'presence-', 'private-encrypted-'])(
    'a %schannel carries an event',
    async (kind) => {
      const name = channelName(kind);
      const channel = await stage().join(name);
      const heard = next(channel, 'goal.added');
      await stage().library.trigger(name, 'goal.added', { goal_id: 'g1', title: 'für dich 🎉' });
      expect(await heard).toEqual({ goal_id: 'g1', title: 'für dich 🎉' });
    },
  );

  it('an encrypted channel carries nothing that can be read on the way', async () => {
    const name = channelName('private-encrypted-');
    const channel = await stage().join(name);
    const carried = next<{ event: string; data: object }>(
      channel.pusher.connection,
      'message',
      ({ event }) => event === 'secret',
    );
    await stage().library.trigger(name, 'secret', { word: 'open-sesame' });
    expect(Object.keys((await carried).data).toSorted()).toEqual(['ciphertext', 'nonce']);
  });

  it.each(['private-', 'presence-', 'private-encrypted-'])(
    'a %schannel lets nobody in by a signature of another secret',
    async (kind) => {
      const screen = stage().screen('someone', stage().libraryWith('another secret'));
      const channel = screen.subscribe(channelName(kind));
      await refused(screen, channel.name);
      expect(channel.subscribed).toBe(false);
    },
  );

  it('a signature for one channel opens no other', async () => {
    const screen = stage().screen();
    await next(screen.connection, 'connected');
    const { auth } = stage().library.authorizeChannel(screen.connection.socket_id, channelName('private-'));
    const name = channelName('private-');
    screen.send_event('pusher:subscribe', { channel: name, auth });
    await refused(screen, name);
  });

  it('a presence channel tells who is there, who comes and who goes', async () => {
    const name = channelName('presence-');
    const ada = (await stage().join(name, 'ada')) as PresenceChannel;
    expect(ada.members.count).toBe(1);
    const came = next(ada, 'pusher:member_added');
    const bobs = stage().screen('bob');
    const members = await joined<Members>(bobs.subscribe(name));
    expect(members.count).toBe(2);
    expect(members.get('ada')).toEqual({ id: 'ada', info: { name: 'ada by name' } });
    expect(members.me).toEqual({ id: 'bob', info: { name: 'bob by name' } });
    expect(await came).toEqual({ id: 'bob', info: { name: 'bob by name' } });
    const went = next(ada, 'pusher:member_removed');
    bobs.disconnect();
    expect(await went).toMatchObject({ id: 'bob' });
    expect(ada.members.count).toBe(1);
  });

  it('a user with two screens is one member, until the last of them goes', async () => {
    const name = channelName('presence-');
    const ada = (await stage().join(name, 'ada')) as PresenceChannel;
    const seen = collect(ada, 'pusher:member_added', 'pusher:member_removed') as { id: string }[];
    const first = await stage().join(name, 'bob');
    const second = await stage().join(name, 'bob');
    const third = await stage().join(name, 'cleo');
    first.pusher.disconnect();
    third.pusher.disconnect();
    await next(ada, 'pusher:member_removed', ({ id }: { id: string }) => id === 'cleo');
    expect(ada.members.count).toBe(2);
    const gone = next(ada, 'pusher:member_removed', ({ id }: { id: string }) => id === 'bob');
    second.pusher.disconnect();
    await gone;
    expect(seen.map(({ id }) => id)).toEqual(['bob', 'cleo', 'cleo', 'bob']);
  });

  it('who has left a channel hears it no more', async () => {
    const [left, kept] = [channelName(), channelName()];
    const screen = stage().screen();
    const channels = [left, kept].map((name) => screen.subscribe(name));
    await Promise.all(channels.map((channel) => joined(channel)));
    const seen = collect(screen, 'news');
    screen.unsubscribe(left);
    await stage().settled(screen);
    const heard = next(screen, 'news');
    await stage().library.trigger(left, 'news', 'for nobody');
    await stage().library.trigger(kept, 'news', 'for all');
    await heard;
    expect(seen).toEqual(['for all']);
  });

  it('the server refuses a key that it does not know', async () => {
    const screen = stage().screen('someone', stage().library, 'no-such-key');
    const error = await next(screen.connection, 'error');
    const code = stage().departures.dropsUnknownKey ? 1006 : 4001;
    expect(error).toMatchObject({ error: { data: { code } } });
  });

  /** Resolves once the server has told the screen that it may not join this channel. */
  async function refused(screen: Screen, name: string): Promise<void> {
    const isRefusal = stage().departures.refusesByErrorAlone
      ? ({ event, data }: Message) => event === 'pusher:error' && (data as { code: number }).code === 4009
      : ({ event, channel }: Message) => event === 'pusher:subscription_error' && channel === name;
    const { event, data } = await next(screen.connection, 'message', isRefusal);
    if (event === 'pusher:subscription_error') expect(data).toMatchObject({ type: 'AuthError', status: 401 });
  }
}
