import { type CreateGoalMessage, type Goal, goalPatterns } from '#contracts';
import { newId, toObjectId } from '#platform';
import { type ClientOptions, type ClientProxy, ClientProxyFactory, Transport } from '@nestjs/microservices';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { lastValueFrom } from 'rxjs';
import { startValkey } from './brokers.js';
import { type Client, fundingBody, showBody, tokenFor, until } from './client.js';
import { freePort } from './process.js';
import { natsIsMissing, TestNats } from './nats-server.js';
import { TestService } from './service.js';
import { wireFaults } from './wire.js';

interface Refusal {
  status: number;
  code: string;
  instance: string;
  errors?: { pointer: string }[];
}

interface Transported {
  address: () => Promise<string>;
  client: (url: URL) => ClientOptions;
}

let broker: { stop(): Promise<void> } | undefined;

const transports: Record<string, Transported> = {
  redis: {
    address: async () => {
      // All who listen on a Redis get each message, so other tests must be on another one.
      if (process.env.TEST_REDIS === 'cluster') return process.env.TEST_REDIS_URL!;
      const valkey = await startValkey();
      broker = valkey;
      return `redis://127.0.0.1:${valkey.port}`;
    },
    client: ({ hostname, port }) => ({
      transport: Transport.REDIS,
      options: { host: hostname, port: Number(port) },
    }),
  },
  tcp: {
    address: async () => `tcp://127.0.0.1:${await freePort()}`,
    client: ({ hostname, port }) => ({
      transport: Transport.TCP,
      options: { host: hostname, port: Number(port) },
    }),
  },
  ...(!natsIsMissing() && {
    nats: {
      address: async () => {
        const nats = await TestNats.start();
        broker = nats;
        return nats.url;
      },
      client: ({ host }) => ({ transport: Transport.NATS, options: { servers: [host] } }),
    },
  }),
};

describe.each(Object.entries(transports))('messages over %s', (name, { address, client }) => {
  let service: TestService;
  let proxy: ClientProxy;
  let streamer: Client;
  let sessionId: string;
  let authorization: string;
  let url: URL;

  beforeAll(async () => {
    const MESSAGING_URL = await address();
    service = await TestService.start({ MESSAGING_URL });
    await service.takesMessages();
    // Of a cluster one node will do for a client: what one receives all pass on.
    url = new URL(MESSAGING_URL.replaceAll(/\+cluster|,.*/g, ''));
    proxy = ClientProxyFactory.create(client(url));
    await proxy.connect();
    streamer = service.client();
    authorization = `Bearer ${await tokenFor(streamer.userId, ['streamer'])}`;
  });
  afterAll(async () => {
    await proxy?.close();
    await service?.stop();
    await broker?.stop();
    broker = undefined;
  });
  beforeEach(async () => {
    sessionId = await streamer.openSession();
  });

  const ask = <Result>(pattern: string, message: unknown) =>
    lastValueFrom(proxy.send<Result>(pattern, message));
  const refusal = (pattern: string, message: unknown): Promise<Refusal> =>
    ask(pattern, message).then(
      (answer) => Promise.reject(new Error(`was answered: ${JSON.stringify(answer)}`)),
      (error: Refusal) => error,
    );
  const create = (more: object = {}): CreateGoalMessage => ({
    authorization,
    goal_type: 'show_funding',
    ...fundingBody(sessionId),
    ...more,
  });

  it('create, show and contribute to a goal', async () => {
    const { goal_id } = await ask<{ goal_id: string }>(goalPatterns.create, create());
    const get = () => ask<Goal>(goalPatterns.get, { authorization, goal_id });
    expect((await get()).goal_id).toBe(goal_id);
    await until(async () => (await get()).status === 'active');
    const service_ = `Bearer ${await tokenFor(newId(), ['service'])}`;
    const said = { display_name: 'Ann', message: 'for the encore', anonymous: true };
    const gift = { authorization: service_, goal_id, source_id: 'a', user_id: newId(), amount: 60, ...said };
    const counted = { goal_id, progress: 60, level: 1, late: false };
    expect(await ask(goalPatterns.contribute, gift)).toEqual(counted);
    expect(await ask(goalPatterns.contribute, gift)).toEqual(counted);
    expect(await streamer.goal(goal_id)).toMatchObject({ progress: 60, level: 1 });
    const stored = await service.documents('goal_contribution', { goal_id: toObjectId(goal_id) });
    expect(stored).toMatchObject([said]);

    const reused = { status: 409, code: 'source_id_reused', instance: goalPatterns.contribute };
    expect(await refusal(goalPatterns.contribute, { ...gift, amount: 61 })).toMatchObject(reused);
    await streamer.post(`/sessions/${sessionId}/end`);
    const ended = { status: 409, code: 'session_ended', goal_id, instance: goalPatterns.contribute };
    expect(await refusal(goalPatterns.contribute, { ...gift, source_id: 'b' })).toMatchObject(ended);
    expect(await ask(goalPatterns.contribute, gift)).toEqual(counted);
  });

  it('are taken from a shell that runs the lines of docs/wire.md, and answered or refused', async () => {
    const page = await readFile('docs/wire.md', 'utf8');
    const request = /```bash\n(REQUEST=.*)\n```/.exec(page)![1]!;
    const [, section = ''] = page.split(new RegExp(`^## ${name}$`, 'im'));
    const lines = /```bash\n(.*?)```/s.exec(section)![1]!;
    const send = async (goalId: string) => {
      const env = {
        PATH: process.env.PATH,
        HOST: url.hostname,
        PORT: url.port,
        TOKEN: authorization.replace('Bearer ', ''),
        GOAL_ID: goalId,
      };
      const script = `${request}\necho "$REQUEST"\n${lines}`;
      const { stdout } = await promisify(execFile)('bash', ['-c', script], { env, timeout: 10_000 });
      const [sent, answer] = stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>);
      expect(wireFaults('request.goals.get', sent)).toEqual([]);
      expect(answer!.id).toBe(sent!.id);
      return answer!;
    };
    const { goal_id } = await ask<{ goal_id: string }>(goalPatterns.create, create());
    const answer = await send(goal_id);
    expect(wireFaults('answer.goals.get', answer)).toEqual([]);
    expect((answer.response as Goal).goal_id).toBe(goal_id);
    const refused = await send('0'.repeat(24));
    expect(wireFaults('refusal', refused)).toEqual([]);
    expect(refused.err).toMatchObject({ status: 404, code: 'goal_not_found', instance: 'goals.get' });
  });

  it('are idempotent by their key, and share it with HTTP requests of another body only by a refusal', async () => {
    const message = create({ idempotency_key: 'once' });
    const first = await ask(goalPatterns.create, message);
    expect(await ask(goalPatterns.create, message)).toEqual(first);
    const other = { ...message, levels: [{ target: 3 }] };
    expect(await refusal(goalPatterns.create, other)).toMatchObject({
      status: 422,
      code: 'idempotency_key_reused',
    });
    expect(await refusal(goalPatterns.create, create({ idempotency_key: 'a b' }))).toMatchObject({
      status: 422,
    });
  });

  it('are decided again under their key where they were told to come again', async () => {
    const { sessionId: funded, fundingGoalId } = await streamer.openFundedSession();
    const setPairs = (show_goal_pairs: object[]) =>
      service.mongo
        .collection('session')
        .updateOne({ _id: toObjectId(funded) }, { $set: { show_goal_pairs } });
    const message = {
      authorization,
      goal_type: 'show',
      idempotency_key: 'early',
      ...showBody(funded, fundingGoalId),
    };
    await setPairs([]);
    expect(await refusal(goalPatterns.create, message)).toMatchObject({
      status: 409,
      code: 'pair_not_bound',
    });
    await setPairs([{ funding_goal: toObjectId(fundingGoalId), show_goal: null }]);
    const accepted = await ask<{ goal_id: string }>(goalPatterns.create, message);
    expect(await ask(goalPatterns.create, message)).toEqual(accepted);
    await until(
      async () => (await streamer.session(funded)).show_goal_pairs[0]?.show_goal === accepted.goal_id,
    );
  });

  it('are refused by the problem that HTTP would send', async () => {
    const cases: [string, unknown, Partial<Refusal>][] = [
      [goalPatterns.create, create({ authorization: undefined }), { status: 401, code: 'unauthorized' }],
      [goalPatterns.create, 'nonsense', { status: 401, code: 'unauthorized' }],
      [goalPatterns.create, create({ goal_type: 'opera' }), { status: 400, code: 'unknown_goal_type' }],
      [
        goalPatterns.create,
        create({ context: { session_id: newId() } }),
        { status: 404, code: 'session_not_found' },
      ],
      [goalPatterns.get, { authorization, goal_id: newId() }, { status: 404, code: 'goal_not_found' }],
      [goalPatterns.get, { authorization }, { status: 404, code: 'goal_not_found' }],
      [goalPatterns.contribute, { authorization, goal_id: newId() }, { status: 403, code: 'forbidden' }],
    ];
    for (const [pattern, message, expected] of cases)
      expect(await refusal(pattern, message)).toMatchObject({ ...expected, instance: pattern });
    const faulty = await refusal(goalPatterns.create, create({ levels: [], caller: { roles: ['admin'] } }));
    expect(faulty.errors?.map(({ pointer }) => pointer).toSorted()).toEqual(['/caller', '/levels']);
  });

  // By TCP a caller is connected to the one api that it names.
  (name === 'tcp' ? it.skip : it)('are taken by one of several apis', async () => {
    await service.startApi();
    await service.takesMessages();
    const ids = await Promise.all(
      Array.from({ length: 20 }, () => ask<{ goal_id: string }>(goalPatterns.create, create())),
    );
    await until(async () => (await streamer.session(sessionId)).show_goal_pairs.length >= ids.length);
    expect((await streamer.session(sessionId)).show_goal_pairs).toHaveLength(ids.length);
    const pairs = (await streamer.session(sessionId)).show_goal_pairs.map(({ funding_goal }) => funding_goal);
    expect(new Set(pairs)).toEqual(new Set(ids.map(({ goal_id }) => goal_id)));
  });
});
