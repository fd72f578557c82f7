import { channelName, type Departures, joined, next, type RealtimeServer, Stage } from './realtime-stage.js';

/** What a restart of the server costs its clients. */
export function restartCases(
  start: (port?: number) => Promise<RealtimeServer>,
  { backWithinMs = 2_500 }: Departures,
): void {
  it('clients come back to a server that was restarted, and hear their channels again', async () => {
    const before = await start();
    const stage = new Stage(before);
    let after: RealtimeServer | undefined;
    try {
      const name = channelName('private-');
      const channel = await stage.join(name, 'ada');
      const { connection } = channel.pusher;
      const firstSocket = connection.socket_id;
      const back = joined(channel, backWithinMs);
      const stopping = performance.now();
      await before.stop();
      after = await start(before.port);
      await back;
      expect(performance.now() - stopping).toBeLessThan(backWithinMs);
      expect(connection.socket_id).not.toBe(firstSocket);
      const heard = next(channel, 'news');
      await stage.library.trigger(name, 'news', 'hello again');
      expect(await heard).toBe('hello again');
    } finally {
      stage.clear();
      await after?.stop();
    }
  });
}
