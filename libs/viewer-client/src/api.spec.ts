import { fetchApi, createChannelAuthorization, decrypt, ProblemError } from './index.js';
import nacl from 'tweetnacl';

interface SentRequest {
  url: string;
  init: RequestInit;
}

const ownFetch = globalThis.fetch;
let requests: SentRequest[];
let answer: () => Response;

beforeEach(() => {
  requests = [];
  answer = () => Response.json({ ok: true });
  globalThis.fetch = (url, init) => {
    requests.push({ url: url as string, init: init! });
    return Promise.resolve(answer());
  };
});
afterEach(() => {
  globalThis.fetch = ownFetch;
});

const refusalOf = (status: number, body: string, statusText = 'By the proxy'): Promise<ProblemError> => {
  answer = () => new Response(body, { status, statusText });
  return fetchApi('/x', 't').then(
    () => {
      throw new Error('it was not refused');
    },
    (error: ProblemError) => error,
  );
};

describe('a request to the api', () => {
  it('carries the token and bypasses the cache', async () => {
    await fetchApi('https://api/goals', 't');
    expect(requests).toEqual([
      {
        url: 'https://api/goals',
        init: { method: 'GET', headers: { authorization: 'Bearer t' }, cache: 'no-store' },
      },
    ]);
  });

  it('carries the given body and headers', async () => {
    await fetchApi('/goals', 't', { method: 'POST', body: { a: 1 }, headers: { 'if-none-match': '"1"' } });
    expect(requests[0]!.init).toEqual({
      method: 'POST',
      body: '{"a":1}',
      headers: { authorization: 'Bearer t', 'content-type': 'application/json', 'if-none-match': '"1"' },
      cache: 'no-store',
    });
  });

  it('returns the response, also a 304', async () => {
    expect(await (await fetchApi('/x', 't')).json()).toEqual({ ok: true });
    answer = () => new Response(null, { status: 304 });
    expect((await fetchApi('/x', 't')).status).toBe(304);
  });
});

describe('an error response', () => {
  it('has the message and the fields of its problem', async () => {
    const error = await refusalOf(
      409,
      '{"status":409,"title":"Over","detail":"It is over.","code":"goal_over"}',
    );
    expect(error).toBeInstanceOf(ProblemError);
    expect([error.name, error.message]).toEqual(['ProblemError', 'It is over.']);
    expect(error.problem).toMatchObject({ status: 409, code: 'goal_over' });
  });

  it.each([
    ['{"title":"Over"}', 'Over'],
    ['{}', 'By the proxy'],
    ['null', 'By the proxy'],
    ['"text"', 'By the proxy'],
    ['<html>', 'By the proxy'],
  ])('may come from a proxy, with a body such as %s', async (body, message) => {
    const error = await refusalOf(502, body);
    expect(error.message).toBe(message);
    expect(error.problem).toEqual({ status: 502, title: message });
  });

  it('has its status as message if there is no text', async () => {
    expect((await refusalOf(500, '{"title":null}')).message).toBe('The api answered 500.');
  });
});

describe('the authorization of a channel', () => {
  const ask = (of: ReturnType<typeof createChannelAuthorization>, channelName: string) =>
    new Promise<unknown[]>((resolve) => {
      of.customHandler({ socketId: '1.1', channelName }, (...events) => resolve(events));
    });

  it('is requested from the api; the key of an encrypted channel is kept', async () => {
    const authorization = createChannelAuthorization({ api: 'https://api', token: 't' });
    answer = () => Response.json({ auth: 'key:a', shared_secret: 'c2VjcmV0' });
    expect(await ask(authorization, 'presence-enc-x')).toEqual([
      null,
      { auth: 'key:a', shared_secret: 'c2VjcmV0' },
    ]);
    expect(requests[0]).toMatchObject({
      url: 'https://api/pusher/auth',
      init: { method: 'POST', body: '{"socket_id":"1.1","channel_name":"presence-enc-x"}' },
    });
    expect(authorization.secretOf('presence-enc-x')).toBe('c2VjcmV0');
    answer = () => Response.json({ auth: 'key:b' });
    await ask(authorization, 'private-y');
    expect(authorization.secretOf('private-y')).toBeUndefined();
    await ask(authorization, 'presence-enc-x');
    expect(authorization.secretOf('presence-enc-x')).toBe('c2VjcmV0');
  });

  it('passes an error response on as an error', async () => {
    answer = () => Response.json({ detail: 'The channel needs a ticket.' }, { status: 403 });
    const [error, authorization] = await ask(createChannelAuthorization({ api: '', token: 't' }), 'x');
    expect([(error as Error).message, authorization]).toEqual(['The channel needs a ticket.', null]);
  });
});

describe('a payload of an encrypted channel', () => {
  const [key, nonce] = [nacl.randomBytes(32), nacl.randomBytes(24)];
  const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
  const encrypted = {
    nonce: base64(nonce),
    ciphertext: base64(nacl.secretbox(Buffer.from('{"name":"Zoë"}'), nonce, key)),
  };

  it('is decrypted by the key of its channel only', () => {
    expect(decrypt(nacl, base64(key), encrypted)).toEqual({ name: 'Zoë' });
    expect(() => decrypt(nacl, base64(nacl.randomBytes(32)), encrypted)).toThrow(
      'The payload cannot be decrypted with the key of its channel.',
    );
  });
});
