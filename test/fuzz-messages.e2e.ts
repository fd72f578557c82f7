import { goalPatterns } from '#contracts';
import { newId } from '#platform';
import { type ClientProxy, ClientProxyFactory, Transport } from '@nestjs/microservices';
import * as fc from 'fast-check';
import { lastValueFrom } from 'rxjs';
import { fundingBody, tokenFor } from './client.js';
import { freePort } from './process.js';
import { useService } from './service.js';

fc.configureGlobal({
  seed: Number(process.env.FUZZ_SEED ?? 1),
  numRuns: Number(process.env.FUZZ_RUNS ?? 200),
});

const pattern = fc.constantFrom(...Object.values(goalPatterns));
const json = fc.jsonValue({ maxDepth: 4 });
// The client of Nest sends no null.
const payload = json.filter((value) => value !== null);

describe('whatever a message holds', () => {
  let port: number;
  let proxy: ClientProxy;
  let authorization: string;
  let sessionId: string;

  beforeAll(async () => {
    port = await freePort();
  });
  const service = useService(() => ({ MESSAGING_URL: `tcp://127.0.0.1:${port}` }));
  beforeAll(async () => {
    proxy = ClientProxyFactory.create({ transport: Transport.TCP, options: { host: '127.0.0.1', port } });
    await proxy.connect();
    const streamer = service.client();
    sessionId = await streamer.openSession();
    authorization = `Bearer ${await tokenFor(streamer.userId, ['streamer', 'service'])}`;
  });
  afterAll(() => proxy?.close());

  /** The status of a refusal of the known form; 200 for an answer. */
  async function statusOf(name: string, message: unknown): Promise<number> {
    try {
      expect(await lastValueFrom(proxy.send<unknown>(name, message))).toMatchObject({
        goal_id: expect.stringMatching(/^[0-9a-f]{24}$/) as string,
      });
      return 200;
    } catch (error) {
      const { status, code } = error as { status: number; code: string };
      expect(error).toMatchObject({
        type: `urn:goalpost:problem:${code}`,
        title: expect.any(String) as string,
        detail: expect.any(String) as string,
        instance: name,
      });
      return status;
    }
  }

  it('without a token it is refused as 401', () =>
    fc.assert(
      fc.asyncProperty(pattern, payload, async (name, message) => {
        expect(await statusOf(name, message)).toBe(401);
      }),
    ));

  it('with a token it is answered, or refused as what it is', async () => {
    const seen = new Set<number>();
    const member = fc.constantFrom(
      'goal_id',
      'goal_type',
      'source_id',
      'user_id',
      'amount',
      'levels',
      'context',
    );
    await fc.assert(
      fc.asyncProperty(pattern, fc.dictionary(member, json), async (name, message) => {
        const status = await statusOf(name, { ...message, authorization });
        expect([200, 400, 404, 409, 422]).toContain(status);
        seen.add(status);
      }),
    );
    expect([...seen]).toEqual(expect.arrayContaining([400, 404, 422]));
  });

  it('one wrong member of a good message is refused, and the rest of it does no harm', () =>
    fc.assert(
      fc.asyncProperty(
        fc.constantFrom('levels', 'context', 'nbf', 'exp', 'goal_type'),
        json,
        async (member, value) => {
          const good = { goal_type: 'show_funding', ...fundingBody(sessionId), authorization };
          const status = await statusOf(goalPatterns.create, { ...good, [member]: value });
          expect([200, 400, 422]).toContain(status);
        },
      ),
    ));

  it('an id of any form finds its goal or none', () =>
    fc.assert(
      fc.asyncProperty(fc.oneof(json, fc.constant(newId()), fc.string()), async (goal_id) => {
        expect([404, 422]).toContain(await statusOf(goalPatterns.get, { authorization, goal_id }));
      }),
    ));
});
