import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { overloaded, tooManyRequests } from '../problem/problem.js';
import type { ConcurrencyLimit } from './concurrency-limit.js';
import { addAdmissionHook, type RateLimiter } from './rate-limiter.js';

type Hook = (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void) => void;

const quota = { ratelimit: '"address";r=1;t=60' };

/** What becomes of a request where the address and the work are as said. */
function passes(
  url: string,
  takeAddress: (address: string) => object = () => quota,
  refusal: (kind: string) => unknown = () => undefined,
) {
  let hook: Hook | undefined;
  const http = { addHook: (name: string, added: Hook) => (hook = name === 'onRequest' ? added : undefined) };
  addAdmissionHook(
    http as unknown as FastifyInstance,
    { takeAddress } as unknown as RateLimiter,
    { refusal } as unknown as ConcurrencyLimit,
  );
  const seen = { passed: false, error: undefined as Error | undefined, status: 0, headers: {}, body: '' };
  const reply = {
    headers: (headers: object) => (Object.assign(seen.headers, headers), reply),
    status: (status: number) => ((seen.status = status), reply),
    send: (body: string) => ((seen.body = body), reply),
  };
  const request = { url, ip: '10.0.0.1', method: 'GET', routeOptions: { config: {} } };
  hook!(request as unknown as FastifyRequest, reply as unknown as FastifyReply, (error) => {
    seen.passed = error === undefined;
    seen.error = error;
  });
  return seen;
}

describe('the admission hook', () => {
  it('lets a request in, and says what is left of the quota of its address', () => {
    const addresses: string[] = [];
    const kinds: string[] = [];
    const seen = passes(
      '/goals',
      (address) => (addresses.push(address), quota),
      (kind) => (kinds.push(kind), undefined),
    );
    expect(seen).toMatchObject({ passed: true, status: 0, headers: quota });
    expect([addresses, kinds]).toEqual([['10.0.0.1'], ['read']]);
  });

  it('refuses what the address may no more, without a look at the work', () => {
    const refuse = () => {
      throw tooManyRequests('no', {}, { 'retry-after': '9' });
    };
    const seen = passes('/goals', refuse, refuse);
    expect(seen).toMatchObject({ passed: false, status: 429, headers: { 'retry-after': '9' } });
    expect(JSON.parse(seen.body)).toMatchObject({ code: 'too_many_requests', instance: '/goals' });
  });

  it('refuses what would wait in vain', () => {
    const seen = passes('/goals', undefined, () => overloaded('no'));
    expect(seen).toMatchObject({ passed: false, status: 503, error: undefined, headers: quota });
  });

  it('stands open for the probes of health', () => {
    const refuse = () => {
      throw tooManyRequests('no');
    };
    expect(passes('/health/ready', refuse)).toMatchObject({ passed: true, status: 0 });
    expect(passes('/x/health/ready', refuse)).toMatchObject({ passed: false, status: 429 });
  });

  it('leaves to others what nobody foresaw', () => {
    const broken = new Error('broken');
    const seen = passes('/goals', () => {
      throw broken;
    });
    expect(seen).toMatchObject({ passed: false, status: 0, error: broken });
  });
});
