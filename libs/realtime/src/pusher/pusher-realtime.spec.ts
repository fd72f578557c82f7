import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ChannelEncryption } from '../channel-encryption.js';
import { PusherRealtime } from './pusher-realtime.js';

const calls = 200;

describe('PusherRealtime', () => {
  it('takes no answer for a broken one that comes in chunks, however many calls share the connections', async () => {
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
    const { port } = server.address() as AddressInfo;
    const config = {
      appId: 'app',
      key: 'key',
      secret: 'secret',
      host: '127.0.0.1',
      port,
      useTls: false,
      timeoutMs: 5_000,
    };
    const realtime = new PusherRealtime(config, {} as ChannelEncryption);
    const sends = Array.from({ length: calls }, () => realtime.send('private-stream@a', 'goal.added', {}));
    const outcomes = await Promise.allSettled(sends);
    expect(outcomes.filter(({ status }) => status === 'rejected')).toEqual([]);
    expect(taken).toBe(calls);
    server.closeAllConnections();
    server.close();
  });
});
