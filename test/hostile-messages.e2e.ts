import { goalPatterns, type ProblemDetails } from '#contracts';
import { newId } from '#platform';
import { type ClientProxy, ClientProxyFactory, Transport } from '@nestjs/microservices';
import { firstValueFrom } from 'rxjs';
import { fundingBody, tokenFor } from './client.js';
import { freePort } from './process.js';
import { RawConnection } from './raw-connection.js';
import { useService } from './service.js';

describe('a message that nobody foresaw', () => {
  let proxy: ClientProxy;
  let port: number;
  let sessionId: string;
  let authorization: string;

  beforeAll(async () => {
    port = await freePort();
  });
  const service = useService(() => ({ MESSAGING_URL: `tcp://127.0.0.1:${port}` }), { apps: ['api'] });
  beforeAll(async () => {
    proxy = ClientProxyFactory.create({ transport: Transport.TCP, options: { port } });
    sessionId = await service.client().openSession();
    authorization = `Bearer ${await tokenFor(newId(), ['service'])}`;
  });
  afterAll(() => proxy?.close());

  const refusal = (pattern: string, message: unknown): Promise<ProblemDetails> =>
    firstValueFrom(proxy.send<ProblemDetails>(pattern, message as object)).then(
      (answer) => Promise.reject(new Error(`was answered: ${JSON.stringify(answer)}`)),
      (problem: ProblemDetails) => problem,
    );
  const deep = (depth: number): object => (depth === 0 ? {} : { a: deep(depth - 1) });
  const create = (change: object) => ({
    authorization,
    goal_type: 'show_funding',
    ...fundingBody(sessionId),
    ...change,
  });

  it.each<[status: number, name: string, message: () => unknown]>([
    [401, 'a text', () => 'goals'],
    [401, 'a list', () => [1, 2]],
    [401, 'a number', () => 7],
    [401, 'a token that is no text', () => create({ authorization: { $gt: '' } })],
    [
      401,
      'a caller of its choice',
      () => ({ ...create({}), authorization: undefined, caller: { roles: ['admin'] } }),
    ],
    [400, 'an operator for a type', () => create({ goal_type: { $gt: '' } })],
    [400, 'a type of every object', () => create({ goal_type: 'constructor' })],
    [422, 'an operator for a session', () => create({ context: { session_id: { $gt: '' } } })],
    [422, 'a prototype', () => create(JSON.parse('{"__proto__":{"active":true}}') as object)],
    [
      422,
      'a prototype within',
      () => create({ context: JSON.parse('{"__proto__":{"session_id":"x"}}') as object }),
    ],
    [422, 'an operation of its choice', () => create({ operation: { id: newId() } })],
    [422, 'a goal id of its choice', () => create({ goal_id: newId() })],
    [422, 'half a megabyte', () => create({ prize: 'x'.repeat(500_000) })],
    [422, 'a deep one', () => create({ prize: deep(500) })],
    [422, 'NUL in a title', () => create({ levels: [{ title: 'a\0', target: 1 }] })],
    [422, 'a key that is none', () => create({ idempotency_key: { $gt: '' } })],
    [422, 'an empty key', () => create({ idempotency_key: '' })],
  ])('is refused by %i: %s', async (status, _, message) => {
    const before = await service.keys();
    expect((await refusal(goalPatterns.create, message())).status).toBe(status);
    const isKept = (key: string) => !key.includes(':limit:');
    expect((await service.keys()).filter(isKept)).toEqual(before.filter(isKept));
    expect(await service.documents('goal')).toEqual([]);
  });

  it.each([{ $gt: '' }, ['0123456789abcdef01234567'], 7, null, '0123456789abcdef01234567\0', '__proto__'])(
    'finds no goal by the id %j',
    async (goal_id) => {
      expect(await refusal(goalPatterns.get, { authorization, goal_id })).toMatchObject({
        code: 'goal_not_found',
      });
      const gift = { authorization, goal_id, source_id: 'a', user_id: 'b', amount: 1 };
      expect(await refusal(goalPatterns.contribute, gift)).toMatchObject({ code: 'goal_not_found' });
    },
  );

  it.each([
    'hello',
    '5#hello',
    '-1#{}',
    '99999999999#{}',
    '9'.repeat(2000),
    `2000000#${'x'.repeat(1_500_000)}`,
    '2#{}',
    '4#null',
  ])('that is no message at all, number %#, harms nobody else', async (bytes) => {
    const connection = await RawConnection.open(`http://127.0.0.1:${port}`);
    connection.write(bytes);
    expect((await refusal(goalPatterns.get, { authorization, goal_id: newId() })).status).toBe(404);
    connection.drop();
  });
});
