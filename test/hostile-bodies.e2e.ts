import type { ProblemDetails } from '#contracts';
import { newId } from '#platform';
import { hostileBodies } from './hostile-bodies.js';
import { sendRaw } from './raw-connection.js';
import { buildScene, everythingKept, type Scene } from './refusal-scene.js';
import { bearer, claims, hmac } from './token-cases.js';

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
