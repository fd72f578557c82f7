import { type Goal, goalPatterns } from '#contracts';
import { type RedisCluster, startRedisCluster } from '#local-stack';
import { newId, openRedis } from '#platform';
import { ClientProxyFactory, Transport } from '@nestjs/microservices';
import { lastValueFrom } from 'rxjs';
import { once } from 'node:events';
import type { Cluster } from 'ioredis';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Client, fundingBody, showBody, timedBody, tokenFor, until } from './client.js';
import { runOperation } from './process.js';
import { useService } from './service.js';
import { createShow, eachOnce, effectsOf } from './show-effects.js';

describe('on a Redis Cluster of three nodes', () => {
  let dataDir: string;
  let cluster: RedisCluster;
  let streamer: Client;
  let platform: Client;

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'goalpost-cluster-'));
    cluster = await startRedisCluster({ dataDir });
  }, 60_000);
  const service = useService(
    () => ({ REDIS_URL: cluster.url, MESSAGING_URL: cluster.url, DELIVERY_ATTEMPTS: '3' }),
    { sink: true },
  );
  const { queues, sink } = service;
  afterAll(async () => {
    await cluster?.stop();
    await rm(dataDir, { recursive: true, force: true });
  }, 60_000);
  beforeEach(() => {
    streamer = service.client();
    platform = service.client(undefined, ['service']);
  });
  afterEach(() => sink.behave());

  const give = (goalId: string, user_id: string, amount: number, source_id = newId()) =>
    platform.post(`/goals/${goalId}/contributions`, { source_id, user_id, amount });
  const active = (goalId: string) => until(async () => (await streamer.goal(goalId)).status === 'active');
  const pushed = (name: string, goalId: string) =>
    sink.accepted.filter((event) => event.name === name && event.data.goal_id === goalId);
  /** Which node has the slot of a key. */
  const nodeOf = async (key: string) =>
    Math.floor(((await service.redis.cluster('KEYSLOT', key)) * cluster.nodes.length) / 16_384);

  it('is left for good, also while a look for its slots is under way', async () => {
    const redis = openRedis(cluster.url, {}) as unknown as Cluster;
    await redis.ping();
    let goesOn = false;
    redis.refreshSlotsCache(() => (goesOn = true));
    redis.disconnect();
    await once(redis, 'end');
    await new Promise(setImmediate);
    expect(goesOn).toBe(false);
  });

  it('a show goal has each of its effects once, and its keys lie on more than one node', async () => {
    const show = await createShow(streamer);
    await until(async () => pushed('goal.added', show.goalId).length > 0);
    await queues.settled();
    expect(await effectsOf(service, show)).toEqual(eachOnce);
    expect(pushed('goal.added', show.goalId)).toHaveLength(1);
    const keys = await service.keys();
    const ofQueues = keys.filter((key) => key.startsWith('{'));
    expect(new Set(await Promise.all(ofQueues.map(nodeOf))).size).toBe(1);
    expect(new Set(await Promise.all(keys.map(nodeOf))).size).toBeGreaterThan(1);
  });

  it('of requests that race for one place one wins, and a key is answered once', async () => {
    const { sessionId, fundingGoalId } = await streamer.openFundedSession();
    const body = showBody(sessionId, fundingGoalId);
    const race = await Promise.all(
      Array.from({ length: 8 }, () => streamer.post('/goals?goal_type=show', body)),
    );
    const statuses = race.map(({ status }) => status).toSorted((a, b) => a - b);
    expect(statuses).toEqual([202, 409, 409, 409, 409, 409, 409, 409]);
    const open = () => streamer.post('/sessions', {}, { 'idempotency-key': 'once' });
    const first = await open();
    const again = await open();
    expect([first.status, again.status, again.body]).toEqual([201, 201, first.body]);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
  });

  it('contributions count once, rank, and are published level by level', async () => {
    const sessionId = await streamer.openSession();
    const body = { ...timedBody(sessionId), levels: [{ target: 5 }, { target: 10 }] };
    const goalId = await streamer.createGoal('show_funding', body);
    await active(goalId);
    for (const [user, amount] of [
      ['ann', 3],
      ['bob', 4],
      ['ann', 3],
    ] as const)
      expect((await give(goalId, user, amount, `${user}-${amount}`)).status).toBeLessThan(300);
    await give(goalId, 'ann', 3, 'ann-more');
    const ranking = [
      { rank: 1, user_id: 'ann', anonymous: false, amount: 6 },
      { rank: 2, user_id: 'bob', anonymous: false, amount: 4 },
    ];
    const ranked = async () => (await streamer.get(`/goals/${goalId}/leaderboard`)).body;
    expect(await ranked()).toEqual({ items: ranking, next_cursor: null });
    await until(async () => pushed('goal.completed', goalId).length > 0);
    expect(pushed('goal.level_reached', goalId).map(({ data }) => data.level_reached)).toEqual([1, 2]);
  });

  it('timers open and close a goal', async () => {
    const sessionId = await streamer.openSession();
    const at = (ms: number) => new Date(Date.now() + ms).toISOString();
    const window = { nbf: at(600), exp: at(1_600) };
    const goalId = await streamer.createGoal('trigger_private', timedBody(sessionId, {}, window));
    await until(async () => (await streamer.goal(goalId)).status === 'scheduled');
    await until(async () => (await streamer.goal(goalId)).status === 'expired');
    await until(async () => pushed('goal.expired', goalId).length > 0);
    expect(pushed('goal.activated', goalId)).toHaveLength(1);
  });

  it('what fails is tried again, dies, shows on board and metrics, and is replayed', async () => {
    sink.misbehave('goal.added', { status: 500 }, 2);
    const { goalId: late } = await createShow(streamer);
    await until(async () => pushed('goal.added', late).length === 1);
    await queues.settled();
    sink.misbehave('goal.added', { status: 500 });
    const { goalId: dead } = await createShow(streamer);
    await queues.deadDelivery('deliveries.push', dead, 'notify');
    await queues.settled();
    const metrics = () => fetch(`${service.baseUrl}/metrics`).then((answer) => answer.text());
    expect(await metrics()).toContain('goalpost_dead_letters{queue="deliveries.push"} 2');
    const admin = { authorization: `Bearer ${await tokenFor('ops', ['admin'])}` };
    const path = '/admin/queues/api/queues?activeQueue=deliveries.push&status=failed&page=1&jobsPerPage=10';
    const board = await fetch(service.baseUrl + path, { headers: admin });
    expect([board.status, await board.text()]).toEqual([200, expect.stringContaining(dead)]);
    sink.behave();
    expect(await runOperation(service, 'replay', '--all')).toEqual({ code: 0, lines: ['2 replayed'] });
    await until(async () => pushed('goal.added', dead).length === 1);
  });

  it('messages are taken over it', async () => {
    const options = { host: '127.0.0.1', port: cluster.nodes[2]!.port };
    const proxy = ClientProxyFactory.create({ transport: Transport.REDIS, options });
    await proxy.connect();
    try {
      const sessionId = await streamer.openSession();
      const authorization = `Bearer ${await tokenFor(streamer.userId, ['streamer'])}`;
      const message = { authorization, goal_type: 'show_funding', ...fundingBody(sessionId) };
      const ask = <Result>(pattern: string, data: object) => lastValueFrom(proxy.send<Result>(pattern, data));
      const { goal_id } = await ask<{ goal_id: string }>(goalPatterns.create, message);
      await active(goal_id);
      expect((await ask<Goal>(goalPatterns.get, { authorization, goal_id })).status).toBe('active');
    } finally {
      await proxy.close();
    }
  });

  it('a node that is killed makes it 503, and what was accepted is done once the node is back', async () => {
    const funded = await Promise.all(Array.from({ length: 6 }, () => streamer.openFundedSession()));
    const [last, ...others] = funded;
    const accepted = await Promise.all(
      others.map(async ({ sessionId, fundingGoalId }) => ({
        fundingGoalId,
        goalId: await streamer.createGoal('show', showBody(sessionId, fundingGoalId)),
      })),
    );
    const holder = await nodeOf(`{${service.prefix}}`);
    const node = cluster.nodes[holder]!;
    process.kill(node.pid, 'SIGKILL');
    await node.ended;
    const body = showBody(last!.sessionId, last!.fundingGoalId);
    const create = () => streamer.post('/goals?goal_type=show', body, { 'idempotency-key': 'through' });
    const refused = await create();
    expect([refused.status, refused.body.code]).toEqual([503, 'unavailable']);
    expect(refused.headers.get('retry-after')).not.toBeNull();
    // An answer is kept for a second.
    await until(async () => (await streamer.get('/health/ready')).status === 503);
    expect((await streamer.get('/health/live')).status).toBe(200);

    await cluster.restart(holder);
    await until(async () => (await streamer.get('/health/ready')).status === 200, 20_000);
    const answer = await until(async () => {
      const again = await create();
      return again.status === 202 && again;
    }, 30_000);
    accepted.push({ fundingGoalId: last!.fundingGoalId, goalId: String(answer.body.goal_id) });
    for (const show of accepted) {
      await until(async () => Object.values(await effectsOf(service, show)).every(Boolean), 40_000);
      await until(async () => pushed('goal.added', show.goalId).length > 0, 40_000);
    }
    await queues.settled(40_000);
    for (const show of accepted) expect(await effectsOf(service, show)).toEqual(eachOnce);
  }, 120_000);
});
