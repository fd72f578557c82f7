import type { FastifyReply } from 'fastify';
import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { EventStream } from './event-stream.js';

const data = JSON.stringify({ text: 'x'.repeat(2_000) });

describe('a stream of server-sent events', () => {
  let server: Server;
  let isAuthorized = true;

  beforeEach(async () => {
    isAuthorized = true;
    server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  /** A stream that has begun, and its client, which reads nothing yet. */
  async function open(): Promise<{ stream: EventStream; raw: ServerResponse; client: IncomingMessage }> {
    const request = get({ port: (server.address() as AddressInfo).port, agent: false });
    const [, raw] = (await once(server, 'request')) as [unknown, ServerResponse];
    const reply = { raw, getHeaders: () => ({}), hijack: () => undefined } as unknown as FastifyReply;
    const stream = new EventStream(reply, 'a session', async () => isAuthorized, 0);
    stream.begin(7);
    stream.release();
    const [client] = (await once(request, 'response')) as [IncomingMessage];
    client.on('error', () => undefined);
    return { stream, raw, client };
  }

  it('begins with an id, after which it can be resumed though nothing has come', async () => {
    const { stream, client } = await open();
    stream.end();
    expect(Buffer.concat(await client.toArray()).toString()).toBe('retry: 2000\nid: ZTc\n\n');
  });

  it('carries a comment once nothing was sent for 15 seconds', async () => {
    const { stream, client } = await open();
    const now = performance.now();
    await stream.tick(now + 14_000);
    await stream.tick(now + 15_001);
    stream.end();
    const text = Buffer.concat(await client.toArray()).toString();
    expect(text.split('\n').filter((line) => line === ':')).toHaveLength(1);
  });

  it('is cut off from a client that does not read, and holds no more for it than its bound', async () => {
    const slow = await open();
    const fast = await open();
    let read = 0;
    fast.client.on('data', (chunk: Buffer) => (read += chunk.length));
    let sent = 0;
    for (; !slow.stream.isClosed && sent < 20_000; sent++) {
      slow.stream.push({ seq: sent + 1, type: 'goal.progressed', data });
      fast.stream.push({ seq: sent + 1, type: 'goal.progressed', data });
      expect(slow.raw.writableLength).toBeLessThan(200 * 1024);
      // The fast client reads meanwhile.
      while (fast.raw.writableLength > 0) await setImmediate();
    }
    expect(slow.stream.isClosed).toBe(true);
    expect(slow.raw.destroyed).toBe(true);
    expect(fast.stream.isClosed).toBe(false);
    fast.stream.end();
    await once(fast.client, 'end');
    expect(read).toBeGreaterThan(sent * data.length);
  });

  it('ends when its token does not hold any more', async () => {
    const { stream, client } = await open();
    isAuthorized = false;
    await stream.tick(performance.now());
    await client.resume().toArray();
    expect(stream.isClosed).toBe(true);
  });
});
