import { RealtimeConfig } from '#realtime';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestService, useService } from './service.js';
import { bearer, claims, hmac } from './token-cases.js';

describe('the pages of the demo', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'goalpost-demo-'));
  });
  const service = useService(() => ({ DEMO_FILE: join(folder, 'demo.json') }), { apps: ['api'] });
  afterAll(() => rm(folder, { recursive: true }));

  const get = (path: string) => fetch(service.baseUrl + path);

  it.each([
    ['/demo', 'text/html'],
    ['/demo/assets/page/app.js', 'text/javascript'],
    ['/demo/assets/page/layout.css', 'text/css'],
    ['/demo/assets/page/icon.svg', 'image/svg+xml'],
    ['/demo/assets/viewer-client/index.js', 'text/javascript'],
    ['/demo/assets/vendor/pusher.js', 'text/javascript'],
    ['/demo/assets/vendor/nacl.js', 'text/javascript'],
  ])('%s is served to everyone as %s', async (path, type) => {
    const answer = await get(path);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toContain(type);
    expect((await answer.text()).length).toBeGreaterThan(100);
  });

  it.each([
    '/demo/assets/page/..%2f..%2f..%2f..%2fpackage.json',
    '/demo/assets/..%2f..%2f..%2f..%2f/package.json',
    '/demo/assets/page/%2e%2e%2fpage%2fapp.js',
    '/demo/assets/viewer-client/stream-view.spec.ts',
    '/demo/assets/page/index.html',
    '/demo/assets/constructor/name',
  ])('%s is not', async (path) => {
    expect((await get(path)).status).toBe(404);
  });

  it('belong to a service that takes the tokens of a local start, as no other does', async () => {
    const authorization = await bearer(hmac({ ...claims('anyone'), iss: 'goalpost-local' }));
    expect((await fetch(`${service.baseUrl}/goals`, { headers: { authorization } })).status).toBe(200);
  });

  it('have their ids and tokens from the file, as soon as it is there', async () => {
    const early = await get('/demo/config.json');
    expect([early.status, early.headers.get('retry-after')]).toEqual([503, '1']);
    await writeFile(join(folder, 'demo.json'), JSON.stringify({ session_id: 'the-session' }));
    const answer = await get('/demo/config.json');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(await answer.json()).toEqual({
      session_id: 'the-session',
      channels: service.config.get(RealtimeConfig).channels,
      pusher: null,
    });
  });

  it('are behind the root, and their ids in the examples of the documentation', async () => {
    const root = await fetch(`${service.baseUrl}/`, { redirect: 'manual' });
    expect([root.status, root.headers.get('location')]).toEqual([302, '/demo']);
    const user = (user_id: string) => ({ user_id });
    const demo = {
      session_id: 'a-session',
      funding_goal_id: 'a-goal',
      streamer: user('a-streamer'),
      viewer: user('a-viewer'),
    };
    await writeFile(join(folder, 'demo.json'), JSON.stringify(demo));
    const text = await (await get('/docs-json')).text();
    for (const id of ['a-session', 'a-goal', 'a-streamer', 'a-viewer']) expect(text).toContain(`"${id}"`);
    expect(text).not.toMatch(/0123456789abcdef012345(67|68|69|6b|6c)/);
  });

  it('are no part of the API, nor of a service without the file', async () => {
    const { paths } = (await (await get('/docs-json')).json()) as { paths: object };
    expect(Object.keys(paths).filter((path) => path.includes('demo'))).toEqual([]);
    const plain = await TestService.start({}, { apps: ['api'] });
    expect((await fetch(`${plain.baseUrl}/demo`)).status).toBe(404);
    expect((await fetch(`${plain.baseUrl}/`)).status).toBe(404);
    expect((await fetch(`${plain.baseUrl}/demo/config.json`)).status).toBe(404);
    await plain.stop();
  });
});
