import { newId } from '#platform';
import { setTimeout } from 'node:timers/promises';
import { tokenFor, until } from './client.js';
import { useService } from './service.js';
import { bearer, claims, hmac } from './token-cases.js';

interface Denial {
  denial_id: string;
  jti: string | null;
  user_id: string | null;
  issued_before: string | null;
  reason: string | null;
  denied_by: string;
  expires_at: string | null;
}
interface Page {
  items: Denial[];
  next_cursor: string | null;
}

const pusher = {
  PUSHER_APP_ID: 'app',
  PUSHER_KEY: 'app-key',
  PUSHER_SECRET: 'app-secret',
  PUSHER_HOST: '127.0.0.1',
  PUSHER_PORT: '1',
};

/** The promise; the api looks four times as often. */
const withinMs = 1_000;
const now = () => Math.floor(Date.now() / 1000);

describe('denials of tokens', () => {
  const service = useService(pusher);
  const admin = service.client(undefined, ['admin']);
  beforeAll(() => service.startApi());

  const deny = (body: object) => admin.post<Denial>('/admin/token-denials', body);
  const takeBack = (id: string) => admin.send('DELETE', `/admin/token-denials/${id}`);
  /** What every api answers to a token, as a request and as a channel authorization. */
  const statuses = async (token: string, userId: string) => {
    const headers = { authorization: await bearer(token), 'content-type': 'application/json' };
    const body = JSON.stringify({ socket_id: '1.1', channel_name: `private-stream@${userId}` });
    const answers = service.urls.flatMap((url) => [
      fetch(`${url}/goals?limit=1`, { headers }),
      fetch(`${url}/pusher/auth`, { method: 'POST', headers, body }),
    ]);
    return (await Promise.all(answers)).map(({ status }) => status);
  };
  const each = (status: number) => service.urls.flatMap(() => [status, status]);
  const become = async (token: string, userId: string, status: number) => {
    const begunAt = Date.now();
    await until(async () => (await statuses(token, userId)).every((one) => one === status), 5_000);
    return Date.now() - begunAt;
  };

  it('refuse one token by its jti, on every api within a second, and no other', async () => {
    const userId = newId();
    const [jti, other] = [newId(), newId()];
    const denied = await hmac({ ...claims(userId), jti });
    const kept = await hmac({ ...claims(userId), jti: other });
    expect(await statuses(denied, userId)).toEqual(each(200));
    const { status, body } = await deny({ jti, reason: 'leaked' });
    expect(status).toBe(201);
    expect(body).toMatchObject({
      jti,
      user_id: null,
      issued_before: null,
      reason: 'leaked',
      expires_at: null,
    });
    expect(await become(denied, userId, 401)).toBeLessThan(withinMs);
    expect(await statuses(kept, userId)).toEqual(each(200));
    const answer = await fetch(`${service.baseUrl}/goals`, {
      headers: { authorization: await bearer(denied) },
    });
    expect(await answer.json()).toMatchObject({ code: 'unauthorized', detail: 'The token was denied.' });

    expect((await takeBack(body.denial_id)).status).toBe(200);
    expect(await become(denied, userId, 200)).toBeLessThan(withinMs);
    expect((await takeBack(body.denial_id)).status).toBe(404);
  });

  it("refuse a user's tokens that were issued before a moment, or do not say when", async () => {
    const userId = newId();
    const of = (iat?: number) => hmac({ ...claims(userId), iat });
    const [old, timeless, fresh] = [await of(now() - 60), await of(), await of(now() - 5)];
    const stranger = await tokenFor(newId(), []);
    const issued_before = now() - 30;
    const first = await deny({ user_id: userId, issued_before });
    expect(first.body.issued_before).toBe(new Date(issued_before * 1000).toISOString());
    expect(await become(old, userId, 401)).toBeLessThan(withinMs);
    expect(await statuses(timeless, userId)).toEqual(each(401));
    expect(await statuses(fresh, userId)).toEqual(each(200));

    // A further denial never lets in what was refused.
    const second = await deny({ user_id: userId, issued_before: issued_before - 600, reason: 'again' });
    expect([second.status, second.body]).toMatchObject([
      200,
      { denial_id: first.body.denial_id, issued_before: first.body.issued_before, reason: 'again' },
    ]);
    expect((await deny({ user_id: userId })).status).toBe(200);
    expect(await become(fresh, userId, 401)).toBeLessThan(withinMs);
    // What is issued from the next second on holds.
    await setTimeout(1_000 - (Date.now() % 1_000) + 20);
    expect(await statuses(await of(now()), userId)).toEqual(each(200));
    expect(await statuses(stranger, newId())).toEqual(each(200));
  });

  it('count at once on an api that has just started', async () => {
    const userId = newId();
    await deny({ user_id: userId });
    await service.startApi();
    const token = await hmac({ ...claims(userId), iat: now() - 10 });
    const answer = await fetch(`${service.urls.at(-1)}/goals`, {
      headers: { authorization: await bearer(token) },
    });
    expect(answer.status).toBe(401);
  });

  it('cost no query for a request', async () => {
    const db = service.mongo.db!;
    // Of this database alone: other files share the server.
    const queries = () => db.collection('system.profile').countDocuments({ op: 'query' });
    const token = await bearer(tokenFor(newId(), []));
    const ask = () => fetch(`${service.baseUrl}/nothing/of/this`, { headers: { authorization: token } });
    const verify = () =>
      fetch(`${service.baseUrl}/dev/realtime`, { headers: { authorization: token } }).then(
        ({ status }) => status,
      );
    await ask();
    await db.command({ profile: 2 });
    const [before, begunAt] = [await queries(), Date.now()];
    const seen = await Promise.all(Array.from({ length: 200 }, verify));
    expect(new Set(seen)).toEqual(new Set([403]));
    const rounds = 1 + (Date.now() - begunAt) / 250;
    const made = (await queries()) - before;
    await db.command({ profile: 0 });
    expect(made).toBeLessThanOrEqual(4 * service.urls.length * rounds);
  });

  it('are listed, newest first, and recorded in the audit log', async () => {
    const users = [newId(), newId(), newId()];
    const made: string[] = [];
    for (const user_id of users) made.push((await deny({ user_id })).body.denial_id);
    await takeBack(made[1]!);
    const listed: string[] = [];
    for (let cursor: string | null = ''; cursor !== null && listed.length < 3;) {
      const page: { body: Page } = await admin.get<Page>(
        `/admin/token-denials?limit=1${cursor && `&cursor=${cursor}`}`,
      );
      listed.push(...page.body.items.map(({ denial_id }) => denial_id));
      cursor = page.body.next_cursor;
    }
    expect(listed.slice(0, 2)).toEqual([made[2], made[0]]);
    expect(listed).not.toContain(made[1]);
    const { body } = await admin.get<{ items: { act: string; target: { denial_id: string } }[] }>(
      `/audit?actor=${admin.userId}`,
    );
    const lines = body.items.filter(({ target }) => target.denial_id === made[1]);
    expect(lines).toMatchObject([
      { act: 'take_back_denial', before: { reason: null }, after: null },
      { act: 'deny_tokens', target: { user_id: users[1] }, before: null, after: { reason: null } },
    ]);
  });

  it('are forgotten once their tokens have expired', async () => {
    const expires_at = now() + 3_600;
    const { body } = await deny({ jti: newId(), expires_at });
    expect(body.expires_at).toBe(new Date(expires_at * 1000).toISOString());
    const indexes = await service.mongo.collection('token_denial').indexes();
    expect(indexes).toContainEqual(
      expect.objectContaining({ key: { expires_at: 1 }, expireAfterSeconds: 0 }),
    );
  });

  it.each([
    [{}, ''],
    [{ jti: 'a', user_id: 'b' }, ''],
    [{ jti: 'a', issued_before: 1 }, '/issued_before'],
    [{ jti: '' }, '/jti'],
    [{ user_id: 7 }, '/user_id'],
    [{ user_id: 'a', issued_before: '2026' }, '/issued_before'],
    [{ jti: 'a', expires_at: 1 }, '/expires_at'],
    [{ jti: 'a', reason: 'x'.repeat(201) }, '/reason'],
    [{ jti: 'a', more: 1 }, '/more'],
  ])('are refused where they say nothing: %j', async (body, pointer) => {
    const { status, body: problem } = await deny(body);
    expect([status, (problem as unknown as { errors: object[] }).errors]).toMatchObject([422, [{ pointer }]]);
  });
});

describe('secrets that replace each other', () => {
  const [old, next] = ['the-old-secret-of-more-than-32-bytes', 'the-next-secret-of-more-than-32-bytes'];
  const service = useService({ JWT_SECRET: `${next}, ${old}` }, { apps: ['api'] });
  const status = async (secret: string) => {
    const authorization = await bearer(hmac(claims(newId()), secret));
    return (await fetch(`${service.baseUrl}/goals`, { headers: { authorization } })).status;
  };

  it('all verify, and nothing else does', async () => {
    const foreign = 'a-secret-that-is-none-of-this-service';
    expect([await status(next), await status(old), await status(foreign)]).toEqual([200, 200, 401]);
    expect(await status(`${next}, ${old}`)).toBe(401);
  });

  it('tell an expired token from one that does not hold, whichever signed it', async () => {
    for (const secret of [next, old]) {
      const authorization = await bearer(hmac({ ...claims(newId()), exp: now() - 60 }, secret));
      const answer = await fetch(`${service.baseUrl}/goals`, { headers: { authorization } });
      expect(await answer.json()).toMatchObject({ detail: 'The token has expired.' });
    }
  });
});
