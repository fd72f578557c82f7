import type { ProblemDetails } from '#contracts';
import { newId } from '#platform';
import { until } from './client.js';
import { TcpProxy } from './faults/stage/tcp-proxy.js';
import { RawConnection, sendRaw } from './raw-connection.js';
import { TestService } from './service.js';

const post = 'POST /sessions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n';

let service: TestService;

async function startApi(env: NodeJS.ProcessEnv): Promise<void> {
  service = await TestService.start(env, { apps: ['api'] });
}

describe('a connection', () => {
  beforeAll(() => startApi({ REQUEST_TIMEOUT_MS: '300' }));
  afterAll(() => service?.stop());

  it.each([
    ['headers that never end', ['GET /goals HTTP/1.1\r\nhost: x\r\n', 'x-one: 1\r\n']],
    ['a body that never ends', [`${post}content-length: 100\r\n\r\n`, '{"a":']],
    ['a body in chunks that never end', [`${post}transfer-encoding: chunked\r\n\r\n`, '1\r\n{\r\n']],
  ])('with %s is answered 408 and closed', async (_, parts) => {
    const { status, head, body } = await sendRaw(service.baseUrl, ...parts);
    expect([status, (JSON.parse(body) as ProblemDetails).code]).toEqual([408, 'request_timeout']);
    expect(head).toMatch(/content-type: application\/problem\+json/);
  });

  it('that sends nothing is closed without a word', async () => {
    expect(await sendRaw(service.baseUrl)).toMatchObject({ head: '', body: '' });
  });

  it.each<[name: string, status: number, code: string, request: string]>([
    [
      'a flood of headers',
      431,
      'headers_too_large',
      `GET / HTTP/1.1\r\nhost: x\r\n${'a: b\r\n'.repeat(4000)}\r\n`,
    ],
    [
      'one huge header',
      431,
      'headers_too_large',
      `GET / HTTP/1.1\r\nhost: x\r\na: ${'b'.repeat(17_000)}\r\n\r\n`,
    ],
    ['no HTTP', 400, 'malformed_request', 'hello\r\n\r\n'],
    ['a NUL in a header', 400, 'malformed_request', 'GET / HTTP/1.1\r\nhost: x\r\na: b\0c\r\n\r\n'],
    ['two lengths', 400, 'malformed_request', `${post}content-length: 1\r\ncontent-length: 2\r\n\r\n{}`],
    [
      'a length and chunks',
      400,
      'malformed_request',
      `${post}content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n{}`,
    ],
  ])('with %s is answered %i and closed', async (_, status, code, request) => {
    const answer = await sendRaw(service.baseUrl, request);
    expect([answer.status, (JSON.parse(answer.body) as ProblemDetails).code]).toEqual([status, code]);
  });
});

describe('an api with as much work as it may have', () => {
  beforeAll(() => startApi({ MAX_IN_FLIGHT: '1' }));
  afterAll(() => service?.stop());

  it('turns others away until some has ended, but answers for its health', async () => {
    const streamer = service.client();
    const answers = await until(async () => {
      const asked = [...Array(30).keys()].map(() => streamer.get<ProblemDetails>('/goals'));
      const health = Promise.all(asked.map(() => fetch(`${service.baseUrl}/health/ready`)));
      const seen = await Promise.all(asked);
      for (const { status } of await health) expect(status).toBe(200);
      return seen.some(({ status }) => status === 503) && seen;
    });
    for (const { status, headers, body } of answers)
      if (status !== 200)
        expect([status, body.code, headers.get('retry-after')]).toEqual([503, 'overloaded', '1']);
    expect(answers.some(({ status }) => status === 200)).toBe(true);
    expect((await streamer.get('/goals')).status).toBe(200);
  });

  it('does not count who has not sent all of the request yet', async () => {
    const holder = await RawConnection.open(service.baseUrl);
    holder.write(`${post}content-length: 9\r\n\r\n{`);
    expect((await service.client().get('/goals')).status).toBe(200);
    holder.drop();
  });
});

describe('an api whose work does not end', () => {
  let line: TcpProxy;

  beforeAll(async () => {
    line = await TcpProxy.start(Number(new URL(process.env.TEST_MONGO_URL!).port));
    const MONGO_URL = `mongodb://127.0.0.1:${line.port}/test-${newId()}?directConnection=true`;
    await startApi({ MONGO_URL, MAX_IN_FLIGHT: '1', REQUEST_TIMEOUT_MS: '300' });
  });
  afterAll(async () => {
    await service?.stop();
    await line?.stop();
  });

  it('turns a request away by its head, before the body has come', async () => {
    // By then it knows which tokens are denied.
    expect((await service.client().get('/goals')).status).toBe(200);
    line.silence();
    const atWork = service.client().post('/sessions', {});
    const head = `${post}connection: close\r\ncontent-length: 9\r\n\r\n{`;
    await until(async () => (await sendRaw(service.baseUrl, head)).status === 503);
    line.unsilence();
    await atWork;
  });
});
