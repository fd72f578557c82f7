import { channelName, collect, type Message, next, type Screen, type Stage } from './realtime-stage.js';

/** What clients may say to each other. */
export function clientEventCases(stage: () => Stage): void {
  it.each(['private-', 'presence-'])('a client is heard by the others on a %schannel', async (kind) => {
    const name = channelName(kind);
    const [ada, bob] = [await stage().join(name, 'ada'), await stage().join(name, 'bob')];
    const heard = message(bob.pusher, 'client-typed');
    const own = collect(ada, 'client-typed');
    ada.trigger('client-typed', { text: 'hello' });
    expect(await heard).toMatchObject({ channel: name, data: { text: 'hello' } });
    const isNamed = kind === 'presence-' && !stage().departures.hidesClientEventSender;
    expect((await heard).user_id).toBe(isNamed ? 'ada' : undefined);
    await stage().settled(ada.pusher);
    expect(own).toEqual([]);
  });

  it('a client is not heard on a public channel', async () => {
    const name = channelName();
    await expectUnheard(name, (ada) => ada.send_event('client-typed', { text: 'hello' }, name));
  });

  it('a client is not heard on a channel that it has not joined', async () => {
    const name = channelName('private-');
    const joins = false;
    await expectUnheard(name, (ada) => ada.send_event('client-typed', { text: 'hello' }, name), joins);
  });

  it('a client cannot send what looks like an event of the server', async () => {
    const name = channelName('private-');
    await expectUnheard(name, (ada) => ada.send_event('goal.added', { text: 'hello' }, name));
  });

  it('a client event over 10 KB is not handed on', async () => {
    const name = channelName('private-');
    await expectUnheard(name, (ada) => ada.send_event('client-typed', { text: 'x'.repeat(11_000) }, name));
  });

  /** Ada says something; bob hears only what the server says after it. */
  async function expectUnheard(name: string, say: (ada: Screen) => void, joins = true): Promise<void> {
    const ada = (await stage().join(joins ? name : channelName(), 'ada')).pusher;
    const bob = await stage().join(name, 'bob');
    const heard = collect(bob, 'client-typed', 'goal.added', 'after');
    const after = next(bob, 'after');
    say(ada);
    await stage().settled(ada);
    await stage().library.trigger(name, 'after', 'all is said');
    await after;
    expect(heard).toEqual(['all is said']);
  }
}

function message({ connection }: Screen, name: string): Promise<Message> {
  return next<Message>(connection, 'message', ({ event }) => event === name);
}
