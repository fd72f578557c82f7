import { loadConfig, newId, type Problem, ScopedTokens, TokenVerifier } from '#platform';
import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { JwksServer, makeKey, type SigningKey } from './jwks-server.js';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;

describe('the keys that tokens are checked with', () => {
  let [old, next]: SigningKey[] = [];
  let server: JwksServer;
  let verifier: TokenVerifier;
  const clocks = { date: Date.now, performance: performance.now.bind(performance) };
  let elapsed: number;

  beforeAll(async () => {
    Logger.overrideLogger(false);
    [old, next] = [await makeKey('ES256', 'old'), await makeKey('ES256', 'next')];
  });
  beforeEach(async () => {
    elapsed = 0;
    jest.spyOn(Date, 'now').mockImplementation(() => clocks.date() + elapsed);
    jest.spyOn(performance, 'now').mockImplementation(() => clocks.performance() + elapsed);
    server = new JwksServer([old!]);
    await server.up();
    const [MONGO_URL, REDIS_URL] = ['mongodb://127.0.0.1/none', 'redis://127.0.0.1'];
    const noneDenied = { has: () => Promise.resolve(false) } as never;
    const config = loadConfig({ MONGO_URL, REDIS_URL, JWT_JWKS_URL: server.url });
    verifier = new TokenVerifier(config, noneDenied, new ScopedTokens());
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await server.down();
  });

  const pass = (ms: number) => (elapsed += ms);
  /** The status of a token: 200 where it holds. */
  const check = async (token: string): Promise<number> =>
    verifier.verify(`Bearer ${token}`).then(
      () => 200,
      (problem: Problem) => problem.kind.status,
    );
  const tokenOf = (key: SigningKey | undefined) => key!.sign(newId());
  const fresh = async (key: SigningKey | undefined) => check(await tokenOf(key));
  /** Statuses of the same token every few seconds, until the time is over. */
  const checkFor = async (ms: number, stepMs: number, token: () => Promise<string>): Promise<number[]> => {
    const seen: number[] = [];
    for (let at = 0; at <= ms; at += stepMs) {
      seen.push(await check(await token()));
      // What is read meanwhile is there the next time.
      await new Promise((resolve) => setTimeout(resolve, 20));
      pass(stepMs);
    }
    return seen;
  };

  it('are given up within a minute after they were withdrawn, while tokens come all the time', async () => {
    const token = await tokenOf(old);
    for (const next_ of [() => Promise.resolve(token), () => tokenOf(old)]) {
      server.keys = [old!];
      expect(await check(token)).toBe(200);
      pass(minute);
      expect(await check(token)).toBe(200);
      server.keys = [next!];
      const seen = await checkFor(58 * second, 1 * second, next_);
      expect(seen.at(-1)).toBe(401);
      // Once refused it stays so.
      expect(seen.slice(seen.indexOf(401))).not.toContain(200);
      pass(minute);
    }
  });

  it('are given up at once where no token came since', async () => {
    const token = await tokenOf(old);
    expect(await check(token)).toBe(200);
    server.keys = [next!];
    pass(minute);
    expect(await check(token)).toBe(401);
    expect(await fresh(old)).toBe(401);
  });

  it('are read a few times a minute, however many tokens come', async () => {
    await checkFor(minute, second, () => tokenOf(old));
    expect(server.reads).toBeLessThanOrEqual(5);
  });

  it('hold from the first token of a new one, also right after one that is not published', async () => {
    expect(await fresh(old)).toBe(200);
    expect(await fresh(next)).toBe(401);
    server.keys = [old!, next!];
    expect(await fresh(next)).toBe(200);
    expect(await fresh(old)).toBe(200);
  });

  it('hold from the first token of a new one under the name of the old', async () => {
    expect(await fresh(old)).toBe(200);
    const renewed = await makeKey('ES256', 'old');
    server.keys = [renewed];
    expect(await fresh(renewed)).toBe(200);
    expect(await fresh(old)).toBe(401);
  });

  it('hold from the first token for all who come with it at once', async () => {
    expect(await fresh(old)).toBe(200);
    server.keys = [old!, next!];
    const tokens = await Promise.all(Array.from({ length: 200 }, () => tokenOf(next)));
    expect(new Set(await Promise.all(tokens.map(check)))).toEqual(new Set([200]));
    expect(server.reads).toBe(2);
  });

  it('are not read for each token of a key that nobody has published', async () => {
    expect(await fresh(old)).toBe(200);
    const tokens = await Promise.all(Array.from({ length: 300 }, () => old!.sign(newId(), newId())));
    const began = clocks.performance();
    for (let from = 0; from < tokens.length; from += 100) {
      const seen = await Promise.all(tokens.slice(from, from + 100).map(check));
      expect(new Set(seen)).toEqual(new Set([401]));
    }
    const atMost = 2 + (clocks.performance() - began) / 500;
    expect(server.reads).toBeLessThanOrEqual(1 + atMost);
    expect(await fresh(old)).toBe(200);
  });

  it('hold on for an hour while their server is away, and are read once it is back', async () => {
    expect(await fresh(old)).toBe(200);
    await server.down();
    expect(new Set(await checkFor(55 * minute, minute, () => tokenOf(old)))).toEqual(new Set([200]));
    // Whether that one is published now nobody can say.
    expect(await fresh(next)).toBe(503);
    pass(hour);
    expect(await fresh(old)).toBe(503);
    server.keys = [next!];
    await server.up();
    expect(await fresh(next)).toBe(200);
    expect(await fresh(old)).toBe(401);
  });

  it('keep nobody waiting while their server takes requests and answers none', async () => {
    expect(await fresh(old)).toBe(200);
    const waitFor = async (): Promise<number> => {
      const began = clocks.performance();
      expect(await fresh(old)).toBe(200);
      return clocks.performance() - began;
    };
    const givenUp = server.silence();
    pass(30 * second);
    expect(await waitFor()).toBeLessThan(500);
    await givenUp;
    for (let round = 0; round < 15; round++) {
      pass(3 * second);
      expect(await waitFor()).toBeLessThan(500);
    }
    // One that comes after a long while waits for a moment, and holds.
    pass(10 * minute);
    expect(await waitFor()).toBeLessThan(1_400);
  });

  it('are not there yet while their server is away from the start', async () => {
    await server.down();
    expect(await fresh(old)).toBe(503);
    await server.up();
    expect(await fresh(old)).toBe(200);
  });
});
