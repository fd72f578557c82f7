import { askJson, createChannelAuthorization, decrypt, ProblemError } from './index.js';
import nacl from 'tweetnacl';

interface Asked {
  url: string;
  init: RequestInit;
}

const ownFetch = globalThis.fetch;
let asked: Asked[];
let answer: () => Response;

beforeEach(() => {
  asked = [];
  answer = () => Response.json({ ok: true });
  globalThis.fetch = (url, init) => {
    asked.push({ url: url as string, init: init! });
    return Promise.resolve(answer());
  };
});
afterEach(() => {
  globalThis.fetch = ownFetch;
});

const refusalOf = (status: number, body: string, statusText = 'By the proxy'): Promise<ProblemError> => {
  answer = () => new Response(body, { status, statusText });
  return askJson('/x', 't').then(
    () => {
      throw new Error('it was not refused');
    },
    (error: ProblemError) => error,
  );
};

describe('a question to the api', () => {
  it('reads under its token, and is never answered from a cache', async () => {
    await askJson('https://api/goals', 't');
    expect(asked).toEqual([
      {
        url: 'https://api/goals',
        init: { method: 'GET', headers: { authorization: 'Bearer t' }, cache: 'no-store' },
      },
    ]);
  });

  it('has a body where there is one, and the headers that are wanted', async () => {
    await askJson('/goals', 't', { method: 'POST', body: { a: 1 }, headers: { 'if-none-match': '"1"' } });
    expect(asked[0]!.init).toEqual({
      method: 'POST',
      body: '{"a":1}',
      headers: { authorization: 'Bearer t', 'content-type': 'application/json', 'if-none-match': '"1"' },
      cache: 'no-store',
    });
  });

  it('is answered by the response, a 304 too', async () => {
    expect(await (await askJson('/x', 't')).json()).toEqual({ ok: true });
    answer = () => new Response(null, { status: 304 });
    expect((await askJson('/x', 't')).status).toBe(304);
  });
});

describe('a refusal', () => {
  it('says what the problem says', async () => {
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
  ])('may come from what stands between, with a body such as %s', async (body, message) => {
    const error = await refusalOf(502, body);
    expect(error.message).toBe(message);
    expect(error.problem).toEqual({ status: 502, title: message });
  });

  it('says its status where it has no words', async () => {
    expect((await refusalOf(500, '{"title":null}')).message).toBe('The api answered 500.');
  });
});

describe('the authorization of a channel', () => {
  const ask = (of: ReturnType<typeof createChannelAuthorization>, channelName: string) =>
    new Promise<unknown[]>((resolve) => {
      of.customHandler({ socketId: '1.1', channelName }, (...told) => resolve(told));
    });

  it('is asked of the api, and keeps the key of an encrypted channel alone', async () => {
    const authorization = createChannelAuthorization({ api: 'https://api', token: 't' });
    answer = () => Response.json({ auth: 'key:a', shared_secret: 'c2VjcmV0' });
    expect(await ask(authorization, 'presence-enc-x')).toEqual([
      null,
      { auth: 'key:a', shared_secret: 'c2VjcmV0' },
    ]);
    expect(asked[0]).toMatchObject({
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

  it('tells of a refusal by an error', async () => {
    answer = () => Response.json({ detail: 'The channel needs a ticket.' }, { status: 403 });
    const [error, leave] = await ask(createChannelAuthorization({ api: '', token: 't' }), 'x');
    expect([(error as Error).message, leave]).toEqual(['The channel needs a ticket.', null]);
  });
});

describe('a payload of an encrypted channel', () => {
  const [key, nonce] = [nacl.randomBytes(32), nacl.randomBytes(24)];
  const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
  const sealed = {
    nonce: base64(nonce),
    ciphertext: base64(nacl.secretbox(Buffer.from('{"name":"Zoë"}'), nonce, key)),
  };

  it('is opened by the key of its channel alone', () => {
    expect(decrypt(nacl, base64(key), sealed)).toEqual({ name: 'Zoë' });
    expect(() => decrypt(nacl, base64(nacl.randomBytes(32)), sealed)).toThrow(
      'The payload cannot be decrypted with the key of its channel.',
    );
  });
});
