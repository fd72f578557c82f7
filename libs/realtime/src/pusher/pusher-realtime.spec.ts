import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ChannelEncryption } from '../channels.js';
import { text } from 'node:stream/consumers';
import { Registry } from 'prom-client';
import { PushMetrics } from '../push-metrics.js';
import type { RefusedPushQueue } from '../refused-push.queue.js';
import { PusherRealtime } from './pusher-realtime.js';

const calls = 200;

interface Call {
  name?: string;
  batch?: { name: string }[];
}

const realtimeOn = (port: number) =>
  new PusherRealtime(
    {
      appId: 'app',
      key: 'key',
      secret: 'secret',
      host: '127.0.0.1',
      port,
      useTls: false,
      encryptionMasterKeys: [],
      timeoutMs: 5_000,
    },
    {} as ChannelEncryption,
    {} as RefusedPushQueue,
    new PushMetrics(new Registry()),
  );

describe('PusherRealtime', () => {
  it('sends concurrent single events in one call; if one is refused it fails alone', async () => {
    const seen: string[][] = [];
    const server = createServer((request, response) => {
      void text(request).then((body) => {
        const { name, batch } = JSON.parse(body) as Call;
        const names = batch?.map((event) => event.name) ?? [name!];
        seen.push(names);
        response.writeHead(names.includes('goal.wrong') ? 400 : 200).end('{}');
      });
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const realtime = realtimeOn((server.address() as AddressInfo).port);
    const send = (...names: string[]) =>
      Promise.allSettled(names.map((name) => realtime.send('private-stream@a', name, {})));
    expect((await send('goal.one', 'goal.two', 'goal.three')).map(({ status }) => status)).toEqual(
      Array(3).fill('fulfilled'),
    );
    expect(seen).toEqual([['goal.one', 'goal.two', 'goal.three']]);
    expect((await send('goal.one', 'goal.wrong', 'goal.two')).map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
    ]);
    expect(seen.slice(2).flat().toSorted()).toEqual(['goal.one', 'goal.two', 'goal.wrong']);
    expect(seen).toHaveLength(5);
    server.closeAllConnections();
    server.close();
  });

  it('accepts chunked responses while many calls share the connections', async () => {
    let taken = 0;
    const server = createServer((request, response) => {
      taken++;
      request.resume();
      // Without a content-length the answer is sent in chunks.
      response.writeHead(200);
      response.write('{');
      response.end('}');
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const realtime = realtimeOn((server.address() as AddressInfo).port);
    const message = { channel: 'private-stream@a', name: 'goal.added', payload: {} };
    // Two events of one caller are a call of their own.
    const sends = Array.from({ length: calls }, () => realtime.sendAll([message, message]));
    const outcomes = await Promise.allSettled(sends);
    expect(outcomes.filter(({ status }) => status === 'rejected')).toEqual([]);
    expect(taken).toBe(calls);
    server.closeAllConnections();
    server.close();
  });
});
