import { type Goal, goalPatterns, type ProblemDetails } from '#contracts';
import { newId, toObjectId } from '#platform';
import { type ClientProxy, ClientProxyFactory, Transport } from '@nestjs/microservices';
import { Redis } from 'ioredis';
import { readFile } from 'node:fs/promises';
import { lastValueFrom, timeout } from 'rxjs';
import { startValkey, type TestBroker } from './brokers.js';
import { type Client, fundingBody, tokenFor, until } from './client.js';
import { TestService } from './service.js';

const password = 'a-password-of-the-test';

describe('messages over a Redis', () => {
  let server: TestBroker;
  let admin: Redis;
  let service: TestService;
  let streamer: Client;
  let authorization: string;
  let sessionId: string;
  const opened: { disconnect(): void }[] = [];

  beforeEach(async () => {
    server = await startValkey();
    admin = connect({});
  });
  afterEach(async () => {
    for (const connection of opened.splice(0)) connection.disconnect();
    await service?.stop();
    await server.stop();
  });

  const connect = (options: object): Redis => {
    const connection = new Redis({ host: '127.0.0.1', port: server.port, ...options });
    opened.push(connection);
    return connection;
  };
  const start = async (address: string, env: NodeJS.ProcessEnv = {}) => {
    service = await TestService.start({ MESSAGING_URL: address, ...env });
    streamer = service.client();
    authorization = `Bearer ${await tokenFor(streamer.userId, ['streamer'])}`;
    sessionId = await streamer.openSession();
  };
  const address = (credentials = '') => `redis://${credentials}127.0.0.1:${server.port}`;
  const caller = async (options: object = {}): Promise<ClientProxy> => {
    const proxy = ClientProxyFactory.create({
      transport: Transport.REDIS,
      options: { host: '127.0.0.1', port: server.port, ...options },
    });
    opened.push({ disconnect: () => void proxy.close() });
    await proxy.connect();
    return proxy;
  };
  const create = () => ({ authorization, goal_type: 'show_funding', ...fundingBody(sessionId) });
  const ask = <Result>(proxy: ClientProxy, pattern: string, message: object) =>
    lastValueFrom(proxy.send<Result>(pattern, message).pipe(timeout(5_000)));
  const refusal = (proxy: ClientProxy, pattern: string, message: object): Promise<ProblemDetails> =>
    ask<ProblemDetails>(proxy, pattern, message).then(
      (answer) => Promise.reject(new Error(`was answered: ${JSON.stringify(answer)}`)),
      (problem: ProblemDetails) => problem,
    );

  it('lose no message when one of two apis stops', async () => {
    await start(address());
    await service.startApi();
    const goalId = await streamer.createGoal('show_funding', fundingBody(sessionId));
    const proxy = await caller();
    const get = () => ask<Goal>(proxy, goalPatterns.get, { authorization, goal_id: goalId });
    await get();
    const answers = Array.from({ length: 100 }, get);
    await new Promise(setImmediate);
    await service.stopApi();
    answers.push(...Array.from({ length: 10 }, get));
    const ids = (await Promise.all(answers)).map(({ goal_id }) => goal_id);
    expect([ids.length, new Set(ids)]).toEqual([110, new Set([goalId])]);
  });

  it('are answered by an api that stops meanwhile', async () => {
    await start(address());
    const goal_id = await streamer.createGoal('show_funding', fundingBody(sessionId));
    await until(async () => (await streamer.goal(goal_id)).status === 'active');
    const proxy = await caller();
    // What holds the goal holds up whoever counts a payment to it.
    const transaction = await service.mongo.startSession();
    transaction.startTransaction();
    const held = { $set: { held: true } };
    const goals = service.mongo.collection('goal');
    await goals.updateOne({ _id: toObjectId(goal_id) }, held, { session: transaction });
    const payment = { source_id: newId(), user_id: newId(), amount: 7 };
    const asService = `Bearer ${await tokenFor(newId(), ['service'])}`;
    const answer = ask<{ progress: number }>(proxy, goalPatterns.contribute, {
      authorization: asService,
      goal_id,
      ...payment,
    });
    await until(async () => (await admin.keys('*:message:*')).length > 0);
    const stopped = service.stopApi();
    const listeners = async () => (await admin.pubsub('NUMSUB', goalPatterns.contribute))[1];
    await until(async () => (await listeners()) === 0);
    await transaction.abortTransaction();
    expect((await answer).progress).toBe(7);
    await transaction.endSession();
    await stopped;
  });

  it.each(['where messages alone are', 'where everything is'])(
    'are refused as HTTP refuses, while there is no memory left %s',
    async (where) => {
      await start(address(), where === 'where everything is' ? { REDIS_URL: address() } : {});
      const proxy = await caller();
      const { goal_id } = await ask<{ goal_id: string }>(proxy, goalPatterns.create, create());
      await until(async () => (await streamer.goal(goal_id)).status === 'active');
      await admin.config('SET', 'maxmemory', '1');
      for (const [pattern, message] of [
        [goalPatterns.create, create()],
        [goalPatterns.get, { authorization, goal_id }],
      ] as const)
        expect(await refusal(proxy, pattern, message)).toMatchObject({
          status: 503,
          code: 'unavailable',
          instance: pattern,
        });
      await admin.config('SET', 'maxmemory', '0');
      expect((await ask<Goal>(proxy, goalPatterns.get, { authorization, goal_id })).goal_id).toBe(goal_id);
      expect(await service.documents('goal')).toHaveLength(1);
    },
  );

  /** Sends a message under an id as it is written here, and answers what comes back under it. */
  const sendRaw = async (id: unknown): Promise<Record<string, unknown>[]> => {
    const listener = connect({});
    const answers: Record<string, unknown>[] = [];
    listener.on('message', (_, text: string) => {
      const answer = JSON.parse(text) as Record<string, unknown>;
      if (JSON.stringify(answer.id) === JSON.stringify(id)) answers.push(answer);
    });
    await listener.subscribe(`${goalPatterns.create}.reply`);
    const message = { id, pattern: goalPatterns.create, data: create() };
    await admin.publish(goalPatterns.create, JSON.stringify(message));
    await until(async () => answers.length > 0, 5_000);
    return answers;
  };
  /** Later messages are answered once every api has seen the earlier ones; each of them makes a goal as well. */
  const untilSeenByAll = async (): Promise<number> => {
    const proxy = await caller();
    const rounds = Array.from({ length: 4 });
    for (const _ of rounds) await ask(proxy, goalPatterns.create, create());
    return rounds.length;
  };
  const untilCreated = async (count: number) => {
    await until(async () => (await streamer.session(sessionId)).show_goal_pairs.length >= count);
    expect(await service.documents('goal')).toHaveLength(count);
  };

  it('make one goal over all apis, whether their id is a text or a number', async () => {
    await start(address());
    await service.startApi();
    const ids = [1, '2', 3.5, newId(), '', 'x'.repeat(255)];
    const all = [];
    for (const id of ids) all.push(await sendRaw(id));
    await untilCreated(ids.length + (await untilSeenByAll()));
    const created = { response: { goal_id: expect.any(String) as string }, isDisposed: true };
    expect(all).toEqual(ids.map((id) => [{ id, ...created }]));
  });

  it('make no goal under an id that is neither, nor under a long one', async () => {
    await start(address());
    await service.startApi();
    const all = [];
    for (const id of [{ id: 1 }, [1], true, null, 'x'.repeat(256)]) all.push(await sendRaw(id));
    await untilCreated(await untilSeenByAll());
    for (const answer of all.flat())
      expect(answer).toMatchObject({ isDisposed: true, err: { status: 400, code: 'malformed_request' } });
  });

  it('that are no message at all harm nobody', async () => {
    await start(address());
    for (const text of ['', 'goals', 'null', '7', '[]', '{', '{"id":"a"}'])
      await admin.publish(goalPatterns.create, text);
    await untilCreated(await untilSeenByAll());
  });

  it('are read by nobody but goalpost under the ACL of docs/security.md', async () => {
    const rules = (await readFile('docs/security.md', 'utf8')).match(/^ACL SETUSER .*$/gm) ?? [];
    expect(rules.map((rule) => rule.split(' ')[2])).toEqual(['goalpost', 'caller', 'listener', 'default']);
    for (const rule of rules) {
      // A selector, `(…)`, is one argument with spaces in it.
      const [, , ...words] = rule.replace('<password>', password).match(/\([^)]*\)|\S+/g)!;
      await admin.call('ACL', 'SETUSER', ...words);
    }
    await start(address(`goalpost:${password}@`));
    const proxy = await caller({ username: 'caller', password });
    const heard: string[] = [];
    const listener = connect({ username: 'listener', password });
    listener.on('pmessage', (_, channel: string) => heard.push(channel));
    await listener.psubscribe('goal.*');
    const { goal_id } = await ask<{ goal_id: string }>(proxy, goalPatterns.create, create());
    expect((await ask<Goal>(proxy, goalPatterns.get, { authorization, goal_id })).goal_id).toBe(goal_id);
    await until(async () => heard.includes('goal.added'));
    expect(heard.filter((channel) => channel.startsWith('goals.'))).toEqual([]);

    for (const username of ['caller', 'listener']) {
      const user = connect({ username, password });
      const tries = [
        () => user.subscribe(goalPatterns.create),
        () => user.subscribe(goalPatterns.contribute),
        () => user.psubscribe('*'),
        () => user.psubscribe('goals.*'),
        () => user.psubscribe('goals.create*'),
        () => user.call('MONITOR'),
        () => user.get(`${service.prefix}:anything`),
        () => user.acl('LIST'),
        () => user.config('GET', '*'),
      ];
      for (const attempt of tries) await expect(attempt()).rejects.toThrow(/NOPERM|permission/);
    }
    const [events, requests] = [
      connect({ username: 'listener', password }),
      connect({ username: 'caller', password }),
    ];
    await expect(events.publish('goal.added', '{}')).rejects.toThrow('NOPERM');
    await expect(requests.publish('goal.added', '{}')).rejects.toThrow('NOPERM');
    await expect(requests.publish(`${goalPatterns.get}.reply`, '{}')).rejects.toThrow('NOPERM');
  });
});
