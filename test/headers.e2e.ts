import { newId } from '#platform';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tokenFor } from './client.js';
import { sendRaw } from './raw-connection.js';
import { TestService } from './service.js';
import { bearer, claims, hmac } from './token-cases.js';

let service: TestService;

async function startApi(env: NodeJS.ProcessEnv = {}): Promise<void> {
  service = await TestService.start(env, { apps: ['api'] });
}
const get = (path: string, headers: Record<string, string> = {}) =>
  fetch(service.baseUrl + path, { headers, redirect: 'manual' });
const admin = async () => ({ authorization: `Bearer ${await tokenFor('ops', ['admin'])}` });

const closed = "default-src 'none';frame-ancestors 'none'";

describe('every answer', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'goalpost-headers-'));
    await writeFile(join(folder, 'demo.json'), '{}');
    await startApi({ DEMO_FILE: join(folder, 'demo.json') });
  });
  afterAll(async () => {
    await service?.stop();
    await rm(folder, { recursive: true });
  });

  it.each([
    '/goals',
    '/nothing',
    '/health/live',
    '/metrics',
    '/docs-json',
    '/demo/config.json',
    '/admin/queues',
  ])('of %s has the security headers and lets a browser do nothing with it but read', async (path) => {
    const { headers } = await get(path);
    const seen = Object.fromEntries(headers);
    expect(seen).toMatchObject({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      // The board's own form has to say where it comes from.
      'referrer-policy': path.startsWith('/admin') ? 'same-origin' : 'no-referrer',
      'cross-origin-resource-policy': 'same-origin',
      'strict-transport-security': expect.stringContaining('max-age='),
    });
    if (!path.startsWith('/admin')) expect(seen['content-security-policy']).toBe(closed);
    expect(headers.get('x-powered-by')).toBeNull();
    expect(headers.get('server')).toBeNull();
    expect(headers.get('access-control-allow-origin')).toBeNull();
  });

  it('to a path that no router reads has the least of them', async () => {
    const { head } = await sendRaw(
      service.baseUrl,
      'GET /goals/%zz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n',
    );
    expect(head).toContain(`content-security-policy: ${closed}`);
    expect(head).toContain('x-content-type-options: nosniff');
  });

  it.each(['/docs', '/docs/', '/admin/queues', '/demo', '/overlay', '/overlay/studio'])(
    'of the page %s takes scripts from here alone',
    async (path) => {
      const answer = await get(path, { ...(await admin()), accept: 'text/html' });
      const policy = answer.headers.get('content-security-policy')!;
      expect([answer.status, policy]).toEqual([200, expect.stringMatching(/^default-src '(self|none)'/)]);
      const scripts = /script-src ([^;]*)/.exec(policy)?.[1] ?? '';
      expect(scripts).not.toMatch(/unsafe|\*|https?:/);
      expect(policy).toMatch(/object-src 'none'/);
    },
  );

  it('tells no page of another origin anything', async () => {
    const asked = await get('/goals', {
      origin: 'https://evil.example',
      'access-control-request-method': 'POST',
    });
    expect([...asked.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
    const preflight = await fetch(`${service.baseUrl}/goals`, {
      method: 'OPTIONS',
      headers: { origin: 'https://evil.example', 'access-control-request-method': 'POST' },
    });
    expect(preflight.headers.get('access-control-allow-origin')).toBeNull();
  });
});

describe('a page of another origin', () => {
  const [known, other] = ['https://app.example', 'https://evil.example'];
  beforeAll(() => startApi({ CORS_ORIGINS: `${known},http://localhost:8080` }));
  afterAll(() => service?.stop());

  const preflight = (origin: string) =>
    fetch(`${service.baseUrl}/goals?goal_type=show`, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type,idempotency-key',
      },
    });

  it('may call where it is configured, and read what the answer says in its headers', async () => {
    const { status, headers } = await preflight(known);
    expect([status, headers.get('access-control-allow-origin')]).toEqual([204, known]);
    expect(headers.get('access-control-allow-headers')).toMatch(/authorization.*idempotency-key.*if-match/);
    const methods = headers.get('access-control-allow-methods')?.split(', ');
    expect(methods).toEqual(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']);
    expect(headers.get('access-control-allow-credentials')).toBeNull();
    const asked = await get('/goals', { origin: known });
    expect([asked.status, asked.headers.get('access-control-allow-origin')]).toEqual([401, known]);
    expect(asked.headers.get('access-control-expose-headers')).toMatch(/retry-after/);
  });

  it('may not where it is not', async () => {
    expect((await preflight(other)).headers.get('access-control-allow-origin')).toBeNull();
    expect((await get('/goals', { origin: other })).headers.get('access-control-allow-origin')).toBeNull();
  });
});

describe('a service that is closed', () => {
  beforeAll(() =>
    startApi({ DOCS: 'off', METRICS: 'off', JWT_ISSUER: 'https://id.example', JWT_AUDIENCE: 'goalpost' }),
  );
  afterAll(() => service?.stop());

  it.each(['/docs', '/docs-json', '/docs-yaml', '/metrics'])('shows no %s', async (path) => {
    expect((await get(path, await bearerOf({}))).status).toBe(404);
  });

  const given = { iss: 'https://id.example', aud: 'goalpost' };
  const bearerOf = async (change: object) => ({
    authorization: await bearer(hmac({ ...claims(newId()), ...given, ...change })),
  });

  it.each<[status: number, name: string, change: object]>([
    [200, 'for it by its issuer', {}],
    [200, 'for it among others', { aud: ['other', 'goalpost'] }],
    [401, 'of another issuer', { iss: 'https://evil.example' }],
    [401, 'of no issuer', { iss: undefined }],
    [401, 'for another audience', { aud: 'other' }],
    [401, 'for no audience', { aud: undefined }],
  ])('answers %i to a token %s', async (status, _, change) => {
    expect((await get('/goals', await bearerOf(change))).status).toBe(status);
  });
});
