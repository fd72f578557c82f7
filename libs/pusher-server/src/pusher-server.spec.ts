import { once } from 'node:events';
import { connect } from 'node:net';
import { WebSocket } from 'ws';
import { startPusherServer } from './pusher-server.js';

const app = { id: 'app-id', key: 'app-key', secret: 'app-secret' };
const path = `/app/${app.key}?protocol=7`;

describe('stop', () => {
  it('closes connections with 1001, frees the port, and can be called twice', async () => {
    const server = await startPusherServer({ app });
    const client = new WebSocket(`ws://127.0.0.1:${server.port}${path}`);
    await once(client, 'message');
    const closed = once(client, 'close');
    await Promise.all([server.stop(), server.stop()]);
    expect((await closed)[0]).toBe(1001);
    const next = await startPusherServer({ app, port: server.port });
    await next.stop();
  });

  it('does not wait for silent clients', async () => {
    const server = await startPusherServer({ app });
    const deaf = connect(server.port, '127.0.0.1');
    const key = Buffer.alloc(16).toString('base64');
    deaf.write(
      `GET ${path} HTTP/1.1\r\nHost: server\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
    );
    await once(deaf, 'data');
    const slow = connect(server.port, '127.0.0.1');
    slow.on('error', () => {});
    slow.write('POST /apps/app-id/events HTTP/1.1\r\nHost: server\r\nContent-Length: 100\r\n\r\n{');
    await fetch(`${server.url}/health`);
    const began = performance.now();
    await server.stop();
    expect(performance.now() - began).toBeLessThan(1_900);
    deaf.destroy();
    slow.destroy();
  });

  it('rejects if the port is taken', async () => {
    const server = await startPusherServer({ app });
    await expect(startPusherServer({ app, port: server.port })).rejects.toThrow(/EADDRINUSE/);
    await server.stop();
  });
});
