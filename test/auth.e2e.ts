import type { Session, ProblemDetails } from '#contracts';
import { newId } from '#platform';
import { SignJWT } from 'jose';
import { JwksServer, makeKey, type SigningKey } from './jwks-server.js';
import { until } from './client.js';
import { TestService, type TestServiceOptions, useService } from './service.js';
import { bearer, claims, hmac, refusedTokens, skewedClaims } from './token-cases.js';

/** An api alone is all that a token meets. */
const apiAlone = { apps: ['api'] } satisfies TestServiceOptions;

/** Asks for a session under a token: 201 where the token holds. */
async function open(service: TestService, authorization?: string) {
  const response = await fetch(`${service.baseUrl}/sessions`, {
    method: 'POST',
    headers: authorization === undefined ? {} : { authorization },
  });
  const body = (await response.json()) as Session & ProblemDetails;
  return { status: response.status, headers: response.headers, body };
}

/** How many sessions were opened since the last look. */
async function sessionsOpened({ mongo }: TestService): Promise<number> {
  return (await mongo.collection('session').deleteMany({})).deletedCount;
}

async function expectRefused(service: TestService, authorization: string | undefined, detail = /./) {
  const { status, headers, body } = await open(service, authorization);
  const opened = await sessionsOpened(service);
  expect({ status, code: body.code, opened }).toEqual({ status: 401, code: 'unauthorized', opened: 0 });
  expect(headers.get('www-authenticate')).toBe('Bearer');
  expect(headers.get('content-type')).toMatch('application/problem+json');
  expect(body.detail).toMatch(detail);
}

async function expectAccepted(service: TestService, token: string, userId: string, scheme = 'Bearer') {
  const { status, body } = await open(service, `${scheme} ${token}`);
  const opened = await sessionsOpened(service);
  expect({ status, user: body.user, opened }).toEqual({ status: 201, user: userId, opened: 1 });
}

describe('a token signed with the secret', () => {
  const service = useService({}, apiAlone);

  it.each(refusedTokens.map(([name, authorization, detail]) => ({ name, authorization, detail })))(
    'is refused: $name',
    async ({ authorization, detail }) => {
      await expectRefused(service, await authorization(newId()), detail);
    },
  );

  it('says who calls', async () => {
    const userId = newId();
    await expectAccepted(service, await hmac(claims(userId)), userId);
    await expectAccepted(service, await hmac(claims(userId)), userId, 'bearer');
  });

  it.each(skewedClaims)('holds by a clock that is not quite ours: %s', async (_, skewed) => {
    const userId = newId();
    const token = await hmac({ ...claims(userId), ...skewed() });
    // The second time the api knows it.
    await expectAccepted(service, token, userId);
    await expectAccepted(service, token, userId);
  });

  it('is refused once the leeway is over, though the api knows it', async () => {
    const userId = newId();
    const token = await hmac({ ...claims(userId), exp: Math.floor(Date.now() / 1000) - 3 });
    await expectAccepted(service, token, userId);
    await until(async () => (await open(service, `Bearer ${token}`)).status === 401, 5_000);
  });

  it('names no role where it has none', async () => {
    const { status, body } = await open(
      service,
      await bearer(hmac({ ...claims(newId()), roles: undefined })),
    );
    expect({ status, code: body.code }).toEqual({ status: 403, code: 'forbidden' });
  });

  it.each(['/health/live', '/health/ready', '/docs', '/docs-json'])('is not needed for %s', async (path) => {
    const response = await fetch(service.baseUrl + path);
    expect([response.status, await response.text()]).toEqual([200, expect.stringMatching(/./)]);
  });
});

describe('a token signed with a published key', () => {
  const algorithms = ['RS256', 'ES256', 'EdDSA'];
  let keys: SigningKey[];
  let foreign: SigningKey;
  let jwks: JwksServer;

  beforeAll(async () => {
    keys = await Promise.all(algorithms.map((alg) => makeKey(alg, `key-${alg}`)));
    foreign = await makeKey('PS256', 'key-PS256');
    jwks = new JwksServer([...keys, { ...foreign, jwk: { ...foreign.jwk, alg: undefined } }]);
    await jwks.up();
  });
  const service = useService(() => ({ JWT_SECRET: '', JWT_JWKS_URL: jwks.url }), apiAlone);
  afterAll(() => jwks?.down());

  it.each(algorithms)('holds by %s', async (alg) => {
    const userId = newId();
    await expectAccepted(service, await keys.find((key) => key.alg === alg)!.sign(userId), userId);
  });

  it.each(algorithms)('does not hold by %s under a kid that is not published', async (alg) => {
    const token = await keys.find((key) => key.alg === alg)!.sign(newId(), 'another');
    await expectRefused(service, `Bearer ${token}`, /does not hold/);
  });

  it('is refused without an end, and holds a few seconds beyond one', async () => {
    const [{ sign }, userId] = [keys[0]!, newId()];
    await expectRefused(service, await bearer(sign(userId, undefined, { exp: undefined })), /exp is missing/);
    for (const [, skewed] of skewedClaims)
      await expectAccepted(service, await sign(userId, undefined, skewed()), userId);
  });

  it.each(algorithms)('does not hold by %s with a key of its own under a published kid', async (alg) => {
    const token = await (await makeKey(alg, `key-${alg}`)).sign(newId());
    await expectRefused(service, `Bearer ${token}`, /does not hold/);
  });

  it('does not hold by an algorithm that is none of ours, though its key is published', async () => {
    await expectRefused(service, await bearer(foreign.sign(newId())), /does not hold/);
  });

  it.each(algorithms)('does not hold where the public key of %s served as a secret', async (alg) => {
    const { pem, kid } = keys.find((key) => key.alg === alg)!;
    for (const secret of [pem, pem.trim()]) {
      const token = new SignJWT(claims(newId())).setProtectedHeader({ alg: 'HS256', kid });
      await expectRefused(service, await bearer(token.sign(new TextEncoder().encode(secret))));
    }
  });

  it('does not hold by the secret that is not set here', async () => {
    await expectRefused(service, await bearer(hmac(claims(newId()))), /algorithm/);
  });

  it('stands beside tokens of a secret where both are set', async () => {
    const both = await TestService.start({ JWT_JWKS_URL: jwks.url }, apiAlone);
    try {
      const userId = newId();
      await expectAccepted(both, await hmac(claims(userId)), userId);
      await expectAccepted(both, await keys[0]!.sign(userId), userId);
      await expectRefused(both, await bearer(hmac(claims(userId), keys[0]!.pem)), /does not hold/);
    } finally {
      await both.stop();
    }
  });

  it('is 503 while the keys cannot be read, and holds once they can', async () => {
    const away = new JwksServer(keys);
    await away.up();
    await away.down();
    const waiting = await TestService.start({ JWT_SECRET: '', JWT_JWKS_URL: away.url }, apiAlone);
    try {
      const userId = newId();
      const token = await keys[1]!.sign(userId);
      const { status, headers, body } = await open(waiting, `Bearer ${token}`);
      expect({ status, code: body.code }).toEqual({ status: 503, code: 'unavailable' });
      expect(headers.get('retry-after')).toBe('1');
      expect(await sessionsOpened(waiting)).toBe(0);
      await away.up();
      await expectAccepted(waiting, token, userId);
    } finally {
      await waiting.stop();
      await away.down();
    }
  });
});
