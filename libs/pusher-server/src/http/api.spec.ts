import { createHash, createHmac } from 'node:crypto';
import { type PusherServer, startPusherServer } from '../pusher-server.js';

const apps = [
  { id: 'one', key: 'key-1', secret: 'secret-1' },
  { id: 'two', key: 'key-2', secret: 'secret-2' },
] as const;
const [one, two] = apps;

describe('the HTTP API', () => {
  let server: PusherServer;
  beforeAll(async () => {
    server = await startPusherServer({ apps: [...apps] });
  });
  afterAll(() => server.stop());

  it('answers health checks', async () => {
    const response = await fetch(`${server.url}/health`);
    expect([response.status, await response.text()]).toEqual([200, 'ok']);
  });

  it.each(apps)('serves app $id', async (app) => {
    expect(await request('GET', '/channels', { app })).toEqual({ status: 200, text: '{"channels":{}}' });
  });

  it('accepts only the signature of the requested app', async () => {
    const mixed = { ...one, id: two.id };
    expect(await request('GET', '/channels', { app: mixed })).toMatchObject({ status: 401 });
    const forged = { ...two, secret: one.secret };
    expect(await request('GET', '/channels', { app: forged })).toMatchObject({ status: 401 });
  });

  it('answers 404 for an unknown app and an unknown path', async () => {
    expect(await request('GET', '/channels', { app: { ...one, id: 'three' } })).toMatchObject({
      status: 404,
    });
    expect(await request('GET', '/elsewhere')).toMatchObject({ status: 404 });
    expect(await request('GET', '/events')).toMatchObject({ status: 404 });
    expect((await fetch(server.url)).status).toBe(404);
  });

  it.each([
    ['an empty channel name', { channels: [''] }],
    ['no channels', { channels: [] }],
    ['a channel that is not a string', { channels: [7] }],
    ['a reserved channel', { channels: ['#server-to-user-'] }],
    ['data that is not a string', { data: { a: 1 } }],
    ['a name of 201 characters', { name: 'x'.repeat(201) }],
    ['an invalid socket id', { socket_id: '1' }],
    ['user_count for a channel without members', { info: 'user_count' }],
  ])('refuses an event with %s', async (_, fields) => {
    const body = JSON.stringify({ name: 'news', channels: ['a'], data: 'x', ...fields });
    expect(await request('POST', '/events', { body })).toMatchObject({ status: 400 });
  });

  it.each([
    ['/channels', { info: 'user_count' }],
    ['/channels/public', { info: 'user_count' }],
    ['/channels/public/users', {}],
    ['/channels/a%20b', {}],
  ])('refuses to show %s %j', async (path, query) => {
    expect(await request('GET', path, { query })).toMatchObject({ status: 400 });
  });

  it('returns attributes of the channels of an event if info asks for them', async () => {
    const event = { name: 'news', channel: 'presence-a', data: 'x', info: 'user_count,subscription_count' };
    const counts = { user_count: 0, subscription_count: 0 };
    expect(await request('POST', '/events', { body: JSON.stringify(event) })).toEqual({
      status: 200,
      text: JSON.stringify({ channels: { 'presence-a': counts } }),
    });
    expect(await request('POST', '/batch_events', { body: JSON.stringify({ batch: [event] }) })).toEqual({
      status: 200,
      text: JSON.stringify({ batch: [counts] }),
    });
  });

  it('reads a body over 1 MiB to its end and refuses it', async () => {
    const { status } = await request('POST', '/events', { body: 'x'.repeat(3 * 1024 * 1024) });
    expect(status).toBe(413);
  });

  it.each(['auth_key', 'auth_timestamp', 'auth_version', 'auth_signature', 'body_md5'])(
    'says that %s is missing',
    async (name) => {
      const without = (signed: URLSearchParams) => signed.delete(name);
      const answer = await request('POST', '/events', { body: '{}', change: without });
      expect(answer).toEqual({ status: 401, text: expect.stringContaining(name) });
    },
  );

  it('says what to sign if a signature is wrong', async () => {
    const change = (signed: URLSearchParams) => signed.set('auth_signature', '0'.repeat(64));
    const { text } = await request('GET', '/channels', { query: { info: 'subscription_count' }, change });
    expect(text).toMatch(/GET\\n\/apps\/one\/channels\\nauth_key=key-1&.+&info=subscription_count"/);
  });

  interface SignedRequest {
    app?: { id: string; key: string; secret: string };
    query?: Record<string, string>;
    body?: string;
    change?: (signed: URLSearchParams) => void;
  }

  async function request(
    method: string,
    below: string,
    { app = one, query = {}, body, change }: SignedRequest = {},
  ) {
    const path = `/apps/${app.id}${below}`;
    const parameters = Object.entries({
      ...query,
      auth_key: app.key,
      auth_timestamp: `${Math.floor(Date.now() / 1000)}`,
      auth_version: '1.0',
      ...(body && { body_md5: createHash('md5').update(body).digest('hex') }),
    }).toSorted(([a], [b]) => (a < b ? -1 : 1));
    const text = [method, path, parameters.map((pair) => pair.join('=')).join('&')].join('\n');
    const signed = new URLSearchParams(parameters);
    signed.set('auth_signature', createHmac('sha256', app.secret).update(text).digest('hex'));
    change?.(signed);
    const response = await fetch(`${server.url}${path}?${signed.toString()}`, { method, body });
    return { status: response.status, text: await response.text() };
  }
});
