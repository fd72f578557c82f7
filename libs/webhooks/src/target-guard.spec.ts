import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { LookupAddress } from 'node:dns';
import { HostResolver, isPublic, TargetGuard } from './target-guard.js';
import { WebhookSender } from './webhook-sender.js';
import { WebhooksConfig } from './webhooks.config.js';
import type { WebhookRecord } from './webhook.schema.js';

/** Answers each question for a name by the next of its addresses. */
class ScriptedResolver extends HostResolver {
  readonly asked: string[] = [];
  constructor(private readonly answers: Record<string, string[][]>) {
    super();
  }

  override async resolve(hostname: string): Promise<LookupAddress[]> {
    this.asked.push(hostname);
    const addresses = this.answers[hostname]?.shift();
    if (!addresses) throw Object.assign(new Error('not found'), { code: 'ENOTFOUND' });
    return addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  }
}

const guardOf = (answers: Record<string, string[][]>, allowed: string[] = []) => {
  const resolver = new ScriptedResolver(answers);
  const config = Object.assign(new WebhooksConfig(), { allowed: new Set(allowed), retryWaitsMs: [] });
  return { resolver, guard: new TargetGuard(config, resolver) };
};

describe('an address', () => {
  it.each([
    '0.0.0.0',
    '10.0.0.1',
    '100.64.0.1',
    '127.0.0.1',
    '169.254.169.254',
    '172.31.255.255',
    '192.168.1.1',
    '198.18.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '64:ff9b::a00:1',
    'fc00::1',
    'fe80::1',
    'ff02::1',
    '2002:7f00:1::',
    '2001::1',
    '2001:db8::1',
    'no address',
  ])('%s is not public', (address) => expect(isPublic(address)).toBe(false));

  it.each(['1.1.1.1', '172.32.0.1', '192.0.3.1', '2606:4700::1111', '2a00::1'])('%s is public', (address) =>
    expect(isPublic(address)).toBe(true),
  );
});

describe('the guard', () => {
  it('refuses a name that resolves inside, even if only one of its addresses does', async () => {
    const { guard } = guardOf({ 'in.example': [['1.1.1.1', '10.0.0.1']], 'out.example': [['1.1.1.1']] });
    expect(await guard.refusalOf('https://in.example/')).toBe('must not lead to an address inside');
    expect(await guard.refusalOf('https://out.example/')).toBeUndefined();
    expect(await guard.refusalOf('https://unknown.example/')).toBeUndefined();
  });

  it('lets through what is allowed, by host and port', async () => {
    const { guard } = guardOf({}, ['127.0.0.1:8080', 'inside.example:443']);
    expect(await guard.refusalOf('http://127.0.0.1:8080/')).toBeUndefined();
    expect(await guard.refusalOf('https://inside.example/')).toBeUndefined();
    expect(await guard.refusalOf('http://127.0.0.1:8081/')).toBeDefined();
    expect(await guard.refusalOf('http://inside.example:443/')).toBeUndefined();
  });
});

describe('a call', () => {
  let server: Server;
  let calls = 0;
  beforeAll(async () => {
    server = createServer((_, response) => {
      calls += 1;
      response.end();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterAll(() => server.close());

  const clock = { now: () => new Date() };
  const call = async (answers: Record<string, string[][]>, url: string, allowed: string[] = []) => {
    const { guard, resolver } = guardOf(answers, allowed);
    const sender = new WebhookSender(guard, clock as never);
    const webhook = { url, secrets: [{ secret: 'whsec_c2VjcmV0', until: null }] } as unknown as WebhookRecord;
    const outcome = await sender.send(webhook, { event_id: 'e', body: '{}' });
    sender.onApplicationShutdown();
    return { outcome, asked: resolver.asked };
  };
  const port = () => (server.address() as AddressInfo).port;

  it('is not made if the name leads inside by now, though it did not when it was checked', async () => {
    const answers = { 'moves.example': [['1.1.1.1'], ['127.0.0.1']] };
    const { guard } = guardOf(answers);
    expect(await guard.refusalOf(`https://moves.example:${port()}/`)).toBeUndefined();
    const { outcome } = await call(answers, `https://moves.example:${port()}/`);
    expect(outcome).toEqual({ status: null, error: 'the URL must not lead to an address inside' });
    expect(calls).toBe(0);
  });

  it('connects to the addresses that were checked, and asks for them once', async () => {
    const host = `allowed.example:${port()}`;
    const answers = { 'allowed.example': [['127.0.0.1'], ['192.0.2.1']] };
    const { outcome, asked } = await call(answers, `http://${host}/`, [host]);
    expect(outcome).toEqual({ status: 200, error: null });
    expect(asked).toEqual(['allowed.example']);
  });

  it.each(['https://127.0.0.1/', 'https://2130706433/', 'https://[::ffff:127.0.0.1]/', 'http://1.1.1.1/'])(
    'is not made to %s',
    async (url) => expect((await call({}, url)).outcome.error).toMatch(/^the URL must/),
  );
});
