import { testSecret, timedBody, tokenFor } from './client.js';
import { LoggedService } from './logged-service.js';

describe('an api and a worker that log all they can', () => {
  let logged: LoggedService;
  beforeAll(async () => {
    logged = await LoggedService.start('trace');
  }, 120_000);
  afterAll(() => logged?.stop());

  it('call a request as its client does, where that is sane, and name it to the client', async () => {
    const idOf = async (path: string, id?: string) =>
      (await logged.streamer.get(path, id ? { 'x-request-id': id } : {})).headers.get('x-request-id');
    for (const path of [
      '/health/live',
      '/goals',
      '/nowhere',
      '/goals/%E0%A4%A',
      `/goals/${'a'.repeat(501)}`,
    ]) {
      expect(await idOf(path, 'client-chose-this')).toBe('client-chose-this');
      expect(await idOf(path, 'not sane')).toMatch(/^[0-9a-f-]{36}$/);
      expect(await idOf(path)).toMatch(/^[0-9a-f-]{36}$/);
    }
  });

  it('have no secret and no token in their lines, whatever goes wrong', async () => {
    const { streamer, service, sink } = logged;
    const token = await tokenFor(streamer.userId, ['streamer']);
    const broken = `${token.slice(0, -4)}AAAA`;
    const key = 'an-idempotency-key-of-ours';
    const idempotency = { 'idempotency-key': key };
    const show = await logged.showInSession();
    sink.misbehave('goal.added', 'close', 1);
    // The body of a refusal is logged, and may repeat what it was asked with.
    sink.misbehave('goal.added', { status: 500, body: `sink-secret, ${testSecret}, ?token=${broken}` }, 1);
    const goalId = await logged.createShow(show, idempotency);
    const paths = ['/goals/', '/', '/goals/%E0%A4%A/', `/goals/${goalId}?token=`, '/nowhere?token='];
    for (const path of paths) await streamer.get(path + token, idempotency);
    await streamer.get('/sessions', { authorization: `Bearer ${broken}` });
    await streamer.post('/goals?goal_type=show', { token, password: 'hunter22' });
    await streamer.post('/goals', `{"token": "${token}"`, { 'x-request-id': token });
    const sessionId = await streamer.openSession();
    await service.redis.set(`{${service.prefix}}:create_goal:id`, 'no number, so that no job can be added');
    const failing = await streamer.post('/goals?goal_type=karaoke', timedBody(sessionId), {
      'idempotency-key': `${key}-2`,
    });
    expect(failing.status).toBe(500);
    await logged.end();

    const { lines } = logged;
    expect(lines.filter(({ level }) => level === 'error')).toHaveLength(1);
    expect(lines.some(({ msg }) => msg.includes('Pusher cannot be reached'))).toBe(true);
    expect(lines.some(({ msg }) => msg.includes('500: [redacted], [redacted], '))).toBe(true);
    expect(lines.some(({ level }) => level === 'trace')).toBe(true);
    const hidden = [token, broken, key, 'hunter22', testSecret, 'eyJ', 'auth_signature', 'sink-secret'];
    const printed = [...logged.api.lines, ...logged.worker.lines];
    expect(printed.filter((line) => hidden.some((one) => line.includes(one)))).toEqual([]);
  }, 120_000);
});
