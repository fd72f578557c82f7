import { jest } from '@jest/globals';
import { channelName, type Stage } from './realtime-stage.js';

const json = { 'content-type': 'application/json' };

/** Requests that a server has to refuse, and the largest that it has to take. */
export function refusalCases(stage: () => Stage): void {
  const event = (fields: object = {}) =>
    JSON.stringify({ name: 'news', channels: [channelName()], data: 'hello', ...fields });

  it('takes a request that is signed', async () => {
    expect(await post('/events', event())).toMatchObject({ status: 200 });
  });

  it('refuses a signature by another secret', async () => {
    const trigger = stage().libraryWith('another secret').trigger(channelName(), 'news', 'hello');
    await expect(trigger).rejects.toMatchObject({ status: 401, body: expect.stringMatching(/signature/i) });
  });

  it.each([-620, 620])('refuses a request that was signed %d seconds from now', async (seconds) => {
    const spy = jest.spyOn(Date, 'now').mockReturnValue(Date.now() + seconds * 1000);
    const query = signed('/events', event());
    spy.mockRestore();
    expect(await post('/events', event(), query)).toMatchObject({
      status: 401,
      text: expect.stringMatching(/timestamp/i),
    });
  });

  it('refuses a body that was changed on the way', async () => {
    const query = signed('/events', event());
    expect(await post('/events', event({ data: 'tampered' }), query)).toMatchObject({
      status: 401,
      text: expect.stringMatching(/md5/i),
    });
  });

  it('refuses a body whose MD5 was changed with it', async () => {
    const tampered = event({ data: 'tampered' });
    const md5 = new URLSearchParams(signed('/events', tampered)).get('body_md5');
    const query = signed('/events', event()).replace(/body_md5=\w+/, `body_md5=${md5}`);
    expect(await post('/events', tampered, query)).toMatchObject({
      status: 401,
      text: expect.stringMatching(/signature/i),
    });
  });

  it('refuses a signature for another path', async () => {
    const query = signed('/batch_events', event());
    expect((await post('/events', event(), query)).status).toBe(401);
  });

  it('refuses a request without a signature, or with an unknown key', async () => {
    // Sockudo calls the one a bad request and the other not found.
    expect([400, 401]).toContain((await post('/events', event(), '')).status);
    const query = signed('/events', event()).replace(/auth_key=[^&]+/, 'auth_key=no-such-key');
    expect([401, 404]).toContain((await post('/events', event(), query)).status);
  });

  it('takes 10 KB of data and refuses one byte more', async () => {
    const name = channelName();
    const response = await stage().library.trigger(name, 'news', 'x'.repeat(10_240));
    expect(response.status).toBe(200);
    await expect(stage().library.trigger(name, 'news', 'x'.repeat(10_241))).rejects.toMatchObject({
      status: 413,
    });
  });

  it('takes a channel name of 164 characters and refuses a longer one', async () => {
    const response = await stage().library.trigger('x'.repeat(164), 'news', 'hello');
    expect(response.status).toBe(200);
    await expect(stage().library.trigger('x'.repeat(165), 'news', 'hello')).rejects.toMatchObject({
      status: 400,
    });
  });

  it('takes the characters that a channel name may have, and no others', async () => {
    expect((await post('/events', event({ channels: ['aZ09_-=@,.;'] }))).status).toBe(200);
    for (const name of ['a b', 'a/b', 'clé'])
      expect((await post('/events', event({ channels: [name] }))).status).toBe(400);
  });

  it('takes 100 channels and refuses 101', async () => {
    const channels = (count: number) => Array.from({ length: count }, (_, n) => `channel-${n}`);
    expect((await post('/events', event({ channels: channels(100) }))).status).toBe(200);
    expect((await post('/events', event({ channels: channels(101) }))).status).toBe(400);
  });

  it('takes a batch of 10 events and refuses 11', async () => {
    const batch = (count: number) =>
      Array.from({ length: count }, () => ({ channel: channelName(), name: 'news', data: 'hello' }));
    expect((await stage().library.triggerBatch(batch(10))).status).toBe(200);
    await expect(stage().library.triggerBatch(batch(11))).rejects.toMatchObject({ status: 400 });
  });

  it.each([
    ['no JSON', '{'],
    ['no name', JSON.stringify({ channels: ['a'], data: 'hello' })],
    ['no channel', JSON.stringify({ name: 'news', data: 'hello' })],
  ])('refuses a body with %s', async (_, body) => {
    expect((await post('/events', body)).status).toBe(400);
  });

  const pathOf = (path: string) => `/apps/${stage().server.app.id}${path}`;

  function signed(path: string, body: string): string {
    return stage().library.createSignedQueryString({ method: 'POST', path: pathOf(path), body });
  }

  async function post(path: string, body: string, query = signed(path, body)) {
    const { host, port } = stage().server;
    const url = `http://${host}:${port}${pathOf(path)}?${query}`;
    const response = await fetch(url, { method: 'POST', headers: json, body });
    return { status: response.status, text: await response.text() };
  }
}
