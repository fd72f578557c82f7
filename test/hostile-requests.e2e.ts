import type { ProblemDetails } from '#contracts';
import { newId } from '#platform';
import * as fc from 'fast-check';
import { fundingBody, until } from './client.js';
import { hostileBodies } from './hostile-bodies.js';
import { hostileNames, hostileTargets } from './hostile-names.js';
import { sendRaw } from './raw-connection.js';
import { buildScene, everythingKept, type Scene } from './refusal-scene.js';
import { bearer, claims, hmac } from './token-cases.js';

/** The same every time, so that a run says something of the code alone; another seed looks elsewhere. */
const options = { seed: Number(process.env.FUZZ_SEED ?? 1), numRuns: Number(process.env.FUZZ_RUNS ?? 150) };

/** What a store or a language might take for more than a value. */
const hostileValues = fc.oneof(
  fc.constantFrom<unknown>(
    { $gt: '' },
    { $ne: null },
    { $where: 'sleep(5000)' },
    { $regex: '.*' },
    { $oid: '0123456789abcdef01234567' },
    { $set: { active: true } },
    { constructor: { name: 'x' } },
    { toString: 'x' },
    { toJSON: 'x' },
    { _bsontype: 'ObjectId', id: 'x' },
    { 'a.b': 1 },
    { length: 1e9 },
    '$where',
    '__proto__',
    'a\0b',
    '\ud800',
    '\u202egnp.exe',
    '<script>alert(1)</script>',
    "'; DROP TABLE goal; --",
    '{{7*7}}',
    '${7*7}',
    1e308,
    -0,
    2 ** 53,
    -1,
    1e21,
    5e-324,
    true,
    null,
    [],
    {},
    '',
    'NaN',
  ),
  fc.jsonValue({ maxDepth: 4 }),
);

/** Where in a body another value is put. */
const places = fc.constantFrom<string[]>(
  ['levels'],
  ['levels', '0'],
  ['levels', '0', 'title'],
  ['levels', '0', 'target'],
  ['levels', '1', 'target'],
  ['levels', '2'],
  ['context'],
  ['context', 'session_id'],
  ['context', 'funding_goal_id'],
  ['context', 'type'],
  ['nbf'],
  ['exp'],
  ['_id'],
  ['_cls'],
  ['goal_id'],
  ['active'],
  ['status'],
  ['progress'],
  ['metadata'],
  ['conditions'],
  ['$set'],
);

/** The body with a value at a place. */
function withValue(body: object, place: string[], value: unknown): unknown {
  const copy = structuredClone(body) as Record<string, unknown>;
  const holder = place
    .slice(0, -1)
    .reduce<Record<string, unknown>>((at, name) => at[name] as Record<string, unknown>, copy);
  holder[place.at(-1)!] = value;
  return copy;
}

describe('a field with a value that nobody foresaw', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await buildScene();
  });
  afterAll(() => scene.service?.stop());

  /** Lets a worker store what waits, and holds that no goal has a field that it was not to have. */
  async function expectStoredAsDeclared(): Promise<void> {
    await scene.service.startWorker();
    const stored = () => scene.service.documents('goal');
    const waiting = async () =>
      (await scene.service.redis.keys(`{${scene.service.prefix}}:create_goal:wait`)).length;
    await until(async () => (await waiting()) === 0);
    await until(async () => (await stored()).every(({ _cls }) => typeof _cls === 'string'));
    const known = new Set([
      '_id',
      '_cls',
      'active',
      'status',
      'version',
      'levels',
      'level',
      'progress',
      'conditions',
      'context',
      'metadata',
      'nbf',
      'exp',
      'unit',
      'created_at',
      'activated_at',
      'peak_level',
      // Of goals that were cancelled since, because their session had ended.
      'cancel_reason',
      'ended_at',
      'unpublished',
      'change_context',
      'outbox',
      'published',
      'published_level',
      'countdown_ended_at',
      'settle_by',
      'publication',
    ]);
    const ofFunding = new Set([
      'minimum_level',
      'sales_until',
      'show',
      'outcome',
      'late_tickets',
      'accepted_show',
    ]);
    /** The class says it, whatever the body has; only a show may choose. */
    const units: Record<string, string[]> = { ShowFundingGoal: ['tickets'], ShowGoal: ['seconds', 'coins'] };
    for (const goal of await stored()) {
      const isFunding = goal._cls === 'ShowFundingGoal';
      const isKnown = (name: string) => known.has(name) || (isFunding && ofFunding.has(name));
      expect(Object.keys(goal).filter((name) => !isKnown(name))).toEqual([]);
      expect(goal.progress).toBe(0);
      expect(units[String(goal._cls)] ?? ['coins']).toContain(goal.unit);
      expect(Object.keys(goal.metadata as object)).toEqual(['user_id']);
    }
  }

  it('is refused and leaves nothing, or is accepted and comes back as it was', async () => {
    let refused = 0;
    const property = fc.asyncProperty(places, hostileValues, async (place, value) => {
      const body = withValue(fundingBody(scene.free.sessionId), place, value);
      const before = await everythingKept(scene);
      const answer = await scene.streamer.post<ProblemDetails & { goal_id: string }>(
        '/goals?goal_type=show_funding',
        body,
      );
      if (answer.status === 202) {
        const { levels, context } = JSON.parse(JSON.stringify(body)) as { levels: unknown; context: object };
        const goal = await scene.streamer.goal(answer.body.goal_id);
        expect(goal.levels).toEqual(levels);
        expect(goal.context).toEqual({ type: 'show_funding', ...context });
        return;
      }
      refused += 1;
      expect([400, 404, 422]).toContain(answer.status);
      expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
      expect(await everythingKept(scene)).toEqual(before);
    });
    await fc.assert(property, options);
    expect(refused).toBeGreaterThan(options.numRuns / 2);
    await expectStoredAsDeclared();
  });

  it('of a contribution is refused and leaves nothing, or is counted as it was', async () => {
    const service = scene.service.client('payments', ['service']);
    const path = `/goals/${scene.free.fundingGoalId}/contributions`;
    const property = fc.asyncProperty(
      fc.constantFrom('source_id', 'user_id', 'amount', 'goal_id', '_id', '$inc'),
      hostileValues,
      async (name, value) => {
        const body = { source_id: crypto.randomUUID(), user_id: 'fan', amount: 1, [name]: value };
        const before = await scene.service.documents('goal_contribution');
        const { status } = await service.post(path, body);
        const after = await scene.service.documents('goal_contribution');
        if (status !== 201 && status !== 200) {
          expect([400, 409, 422]).toContain(status);
          expect(after).toEqual(before);
          return;
        }
        const { source_id, user_id, amount } = body;
        expect(after).toContainEqual(expect.objectContaining({ source_id, user_id, amount }));
      },
    );
    await fc.assert(property, options);
  });
});

const endpoints: [name: string, path: (scene: Scene) => string][] = [
  ['POST /goals', () => '/goals?goal_type=show_funding'],
  ['POST /sessions', () => '/sessions'],
  ['POST contributions', ({ free }) => `/goals/${free.fundingGoalId}/contributions`],
  ['POST /pusher/auth', () => '/pusher/auth'],
];

describe.each(endpoints)('%s refuses', (_, path) => {
  let scene: Scene;
  let authorization: string;
  let before: unknown;
  beforeAll(async () => {
    scene = await buildScene();
    before = await everythingKept(scene);
    authorization = await bearer(hmac({ ...claims(newId()), roles: ['streamer', 'service'] }));
  });
  afterAll(() => scene.service?.stop());

  it.each(hostileBodies)('$status $code: $name', async ({ body, status, code, headers }) => {
    const answer = await fetch(scene.service.baseUrl + path(scene), {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json', ...headers },
      body: body as string,
    });
    const problem = (await answer.json()) as ProblemDetails;
    expect([answer.status, problem.code]).toEqual([status, code]);
    expect(answer.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
    expect(JSON.stringify(problem).length).toBeLessThan(1_000_000);
  });

  it('413: a megabyte in chunks that does not say how long it is', async () => {
    const chunk = `10000\r\n${'x'.repeat(0x1_0000)}\r\n`;
    const head = `POST ${path(scene)} HTTP/1.1\r\nhost: x\r\nauthorization: ${authorization}\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n`;
    const { status, body } = await sendRaw(scene.service.baseUrl, head, chunk.repeat(16), '0\r\n\r\n');
    expect([status, (JSON.parse(body) as ProblemDetails).code]).toEqual([413, 'payload_too_large']);
  });

  it('all of them without a trace', async () => {
    expect(await everythingKept(scene)).toEqual(before);
    expect((await scene.streamer.get(`/sessions/${scene.free.sessionId}`)).status).toBe(200);
  });
});

describe('what a client names', () => {
  let scene: Scene;
  let before: unknown;
  beforeAll(async () => {
    scene = await buildScene();
    before = await everythingKept(scene);
  });
  afterAll(() => scene.service?.stop());

  it.each(hostileNames)('$status $code: $name', async ({ send, status, code, pointers = [] }) => {
    const { status: seen, body } = await send(scene);
    expect({ seen, code: body.code }).toEqual({ seen: status, code });
    expect((body.errors ?? []).map(({ pointer }) => pointer)).toEqual(pointers);
  });

  it('leaves nothing behind', async () => {
    expect(await everythingKept(scene)).toEqual(before);
  });

  it.each(hostileTargets)('%s opens nothing to who has no token', async (target) => {
    const { status } = await sendRaw(
      scene.service.baseUrl,
      `GET ${target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`,
    );
    expect([400, 401, 403, 404, 405]).toContain(status);
  });
});
