import { newId } from '#platform';
import * as fc from 'fast-check';
import { useService } from './service.js';

fc.configureGlobal({
  seed: Number(process.env.FUZZ_SEED ?? 1),
  numRuns: Number(process.env.FUZZ_RUNS ?? 200),
});

const json = fc.jsonValue({ maxDepth: 3 });
const id = fc.constantFrom(newId(), newId());
const socketId = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(fc.nat(), fc.nat()).map((parts) => parts.join('.')) },
  fc.string(),
  json,
);
const channel = fc.oneof(
  id.map((streamer) => `private-stream@${streamer}`),
  fc
    .tuple(id, fc.oneof(id, fc.string()))
    .map(([of, viewer]) => `presence-enc-stream-viewer@${of}.sd.${viewer}`),
  fc
    .tuple(fc.constantFrom('private-', 'presence-', 'private-encrypted-', ''), fc.string())
    .map((parts) => parts.join('')),
  fc.string({ maxLength: 300 }),
  json,
);

describe('whatever /pusher/auth is asked', () => {
  const service = useService({}, { sink: true });
  const viewer = service.client(newId(), []);

  /** The status of an answer of a known form. */
  async function statusOf(body: unknown, headers: Record<string, string> = {}): Promise<number> {
    const answer = await viewer.post('/pusher/auth', body, headers);
    if (answer.status === 200) {
      expect(answer.body).toMatchObject({ auth: expect.stringMatching(/^sink-key:[0-9a-f]{64}$/) as string });
    } else {
      expect(answer.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
      expect(answer.body).toMatchObject({
        status: answer.status,
        type: `urn:goalpost:problem:${String(answer.body.code)}`,
        instance: '/pusher/auth',
      });
    }
    return answer.status;
  }

  it('it signs or refuses, and signs no channel of another viewer', async () => {
    const seen = new Set<number>();
    await fc.assert(
      fc.asyncProperty(socketId, channel, async (socket_id, channel_name) => {
        const status = await statusOf({ socket_id, channel_name });
        // 400: a name in it that would poison prototypes.
        expect([200, 400, 403, 422]).toContain(status);
        if (status === 200) expect(channel_name).toMatch(/^private-stream@[0-9a-f]{24}$/);
        seen.add(status);
      }),
    );
    expect([...seen]).toEqual(expect.arrayContaining([200, 403, 422]));
  });

  it('it refuses a body of any other form', () =>
    fc.assert(
      fc.asyncProperty(
        fc.oneof(
          json.map((value) => JSON.stringify(value)),
          fc.string({ minLength: 1 }),
        ),
        async (body) => {
          expect([400, 422]).toContain(await statusOf(body, { 'content-type': 'application/json' }));
        },
      ),
    ));

  it('it reads a form as it reads JSON', () =>
    fc.assert(
      fc.asyncProperty(fc.string(), fc.string(), fc.string(), async (socket_id, channel_name, other) => {
        const form = new URLSearchParams({
          socket_id,
          channel_name,
          ...(other && { [other]: 'x' }),
        }).toString();
        const type = { 'content-type': 'application/x-www-form-urlencoded' };
        expect([400, 403, 422]).toContain(await statusOf(form, type));
      }),
    ));
});
