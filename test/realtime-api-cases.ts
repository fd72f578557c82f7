import { channelName, collect, joined, next, type Stage } from './realtime-stage.js';

/** What a backend can do and ask, by the official library. */
export function apiCases(stage: () => Stage): void {
  it('one trigger reaches several channels', async () => {
    const names = [channelName(), channelName(), channelName('private-')];
    const channels = await Promise.all(names.map((name) => stage().join(name)));
    const heard = channels.map((channel) => next(channel, 'news'));
    await stage().library.trigger(names, 'news', { text: 'hello' });
    expect(await Promise.all(heard)).toEqual(names.map(() => ({ text: 'hello' })));
  });

  it('a batch reaches its channels, in order', async () => {
    const [one, other] = [channelName(), channelName('private-')];
    const screen = stage().screen();
    await Promise.all([one, other].map((name) => joined(screen.subscribe(name))));
    const heard = collect(screen, 'first', 'second', 'third');
    const last = next(screen, 'third');
    await stage().library.triggerBatch([
      { channel: one, name: 'first', data: 1 },
      { channel: other, name: 'second', data: { n: 2 } },
      { channel: one, name: 'third', data: 'three' },
    ]);
    await last;
    expect(heard).toEqual([1, { n: 2 }, 'three']);
  });

  it('the socket that caused an event does not hear it', async () => {
    const name = channelName();
    const [cause, witness] = [await stage().join(name), await stage().join(name)];
    const [byCause, byWitness] = [cause, witness].map((channel) => collect(channel, 'news'));
    const last = [cause, witness].map((channel) => next(channel, 'news', (data) => data === 'for both'));
    const { socket_id } = cause.pusher.connection;
    await stage().library.trigger(name, 'news', 'for the other', { socket_id });
    await stage().library.triggerBatch([{ channel: name, name: 'news', data: 'again', socket_id }]);
    await stage().library.trigger(name, 'news', 'for both');
    await Promise.all(last);
    expect(byCause).toEqual(['for both']);
    expect(byWitness).toEqual(['for the other', 'again', 'for both']);
  });

  it('shows which channels are occupied, and by how many', async () => {
    const prefix = channelName('presence-');
    await stage().join(`${prefix}-one`, 'ada');
    await stage().join(`${prefix}-one`, 'bob');
    await stage().join(`${prefix}-one`, 'bob');
    await stage().join(`${prefix}-two`, 'ada');
    await stage().join(channelName(), 'ada');
    expect(await ask('/channels', { filter_by_prefix: prefix, info: 'user_count' })).toEqual({
      channels: { [`${prefix}-one`]: { user_count: 2 }, [`${prefix}-two`]: { user_count: 1 } },
    });
  });

  it('shows one channel', async () => {
    const name = channelName('presence-');
    const idle = await ask(`/channels/${name}`);
    expect(idle).toMatchObject({ occupied: false });
    await stage().join(name, 'ada');
    await stage().join(name, 'bob');
    await stage().join(name, 'bob');
    const info = 'user_count,subscription_count';
    expect(await ask(`/channels/${name}`, { info })).toMatchObject({
      occupied: true,
      user_count: 2,
      subscription_count: 3,
    });
  });

  it('shows who is on a presence channel, and of no other', async () => {
    const name = channelName('presence-');
    await stage().join(name, 'ada');
    await stage().join(name, 'bob');
    const { users } = (await ask(`/channels/${name}/users`)) as { users: { id: string }[] };
    expect(users.map(({ id }) => id).toSorted()).toEqual(['ada', 'bob']);
    await expect(ask(`/channels/${channelName()}/users`)).rejects.toMatchObject({ status: 400 });
  });

  async function ask(path: string, params?: Record<string, string>): Promise<unknown> {
    const response = await stage().library.get({ path, params });
    return response.json();
  }
}
