import type { Goal, ProblemDetails } from '#contracts';
import { newId } from '#platform';
import { type Answer, fundingBody, showBody } from './client.js';
import { fieldFaultCases } from './field-fault-cases.js';
import { refusalCases } from './refusal-cases.js';
import { buildScene, everythingKept, type Scene } from './refusal-scene.js';

describe('a request that cannot be granted', () => {
  let scene: Scene;

  beforeAll(async () => {
    scene = await buildScene();
  });
  afterAll(() => scene.service?.stop());

  /** Sends a request, and holds that nothing is kept of it. */
  async function refused(send: () => Promise<Answer<ProblemDetails>>, status: number, code: string) {
    const before = await everythingKept(scene);
    const { status: seen, headers, body } = await send();
    expect({ status: seen, code: body.code }).toEqual({ status, code });
    expect(headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
    expect(body).toMatchObject({ status, type: `urn:goalpost:problem:${code}` });
    for (const member of ['title', 'detail', 'instance'] as const) expect(body[member]).toMatch(/./);
    expect(await everythingKept(scene)).toEqual(before);
    return { headers, body };
  }

  const pointersOf = ({ errors = [] }: ProblemDetails) => errors.map(({ pointer }) => pointer).toSorted();

  it.each(refusalCases)('$status $code: $name', async ({ send, status, code, pointers = [], goalId }) => {
    const { headers, body } = await refused(() => send(scene), status, code);
    expect(pointersOf(body)).toEqual(pointers.toSorted());
    expect(body.goal_id).toBe(goalId?.(scene));
    expect(headers.get('www-authenticate')).toBe(status === 401 ? 'Bearer' : null);
    if (status === 405) expect(headers.get('allow')).toMatch(/^(DELETE, )?GET, HEAD(, PATCH|, POST)?$/);
  });

  it.each(fieldFaultCases)('422: $name', async ({ body, pointers, detail, goalType = 'show' }) => {
    const { sessionId, fundingGoalId } = scene.free;
    const valid = goalType === 'show' ? showBody(sessionId, fundingGoalId) : fundingBody(sessionId);
    const answer = await refused(
      () => scene.streamer.post(`/goals?goal_type=${goalType}`, body(valid)),
      422,
      'validation_failed',
    );
    expect(pointersOf(answer.body)).toEqual(pointers.toSorted());
    if (detail) expect(answer.body.errors?.[0]?.detail).toMatch(detail);
  });

  it('would have been kept, had it been granted', async () => {
    const before = await everythingKept(scene);
    const { sessionId, fundingGoalId } = scene.elsewhere;
    await scene.streamer.createGoal('show', showBody(sessionId, fundingGoalId));
    expect(await everythingKept(scene)).not.toEqual(before);
  });
});

describe('a request at the edge of what is granted', () => {
  let scene: Scene;

  beforeAll(async () => {
    scene = await buildScene();
  });
  afterAll(() => scene.service?.stop());

  /** The goal as it is answered once it was asked for. */
  async function asked(goalType: string, body: object, client = scene.streamer): Promise<Goal> {
    return client.goal(await client.createGoal(goalType, body));
  }

  it('may say times with any zone, and reads them in UTC', async () => {
    const body = fundingBody(scene.free.sessionId);
    const goal = await asked('show_funding', {
      ...body,
      nbf: '2096-02-29T23:30:00.5+05:30',
      exp: '2096-03-01T00:00:00-01:00',
    });
    expect(goal).toMatchObject({ nbf: '2096-02-29T18:00:00.500Z', exp: '2096-03-01T01:00:00.000Z' });
  });

  it('may leave out exp of a show, which then stays open, and nbf, which is now', async () => {
    const { sessionId, fundingGoalId } = scene.free;
    const { exp: _, ...body } = showBody(sessionId, fundingGoalId);
    const before = Date.now();
    const { nbf, exp } = await asked('show', body);
    expect(exp).toBeNull();
    expect(Date.parse(nbf)).toBeGreaterThanOrEqual(before);
    expect(Date.parse(nbf)).toBeLessThanOrEqual(Date.now());
  });

  it.each(['admin', 'service'])("may be of the role %s for another's session", async (role) => {
    const client = scene.service.client(newId(), [role]);
    const goal = await asked('show_funding', fundingBody(scene.free.sessionId), client);
    expect(goal.metadata).toEqual({ user_id: client.userId });
  });

  it('may use the limits to the full', async () => {
    const levels = Array.from({ length: 20 }, (_, index) => ({
      title: 'x'.repeat(60),
      target: 1e12 - 19 + index,
    }));
    const goal = await asked('show_funding', { ...fundingBody(scene.free.sessionId), levels });
    expect(goal.levels).toEqual(levels);
  });
});
