import { type RedisCluster, startRedisCluster } from '#local-stack';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { showBody, until } from './client.js';
import { useService } from './service.js';
import { createShow, eachOnce, effectsOf } from './show-effects.js';

/** Six servers and an election: for `npm run test:cluster` alone. */
const suite = process.env.TEST_REDIS === 'cluster' ? describe : describe.skip;

suite('on a Redis Cluster whose nodes have replicas', () => {
  let dataDir: string;
  let cluster: RedisCluster;

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'goalpost-failover-'));
    cluster = await startRedisCluster({ dataDir, replicas: true });
  }, 60_000);
  const service = useService(() => ({ REDIS_URL: cluster.url }));
  const streamer = service.client();
  afterAll(async () => {
    await cluster?.stop();
    await rm(dataDir, { recursive: true, force: true });
  }, 60_000);

  const whole = (show: { goalId: string; fundingGoalId: string }) =>
    until(async () => Object.values(await effectsOf(service, show)).every(Boolean), 40_000);

  it('the replica takes over from the node with the queues, and goalpost goes on by itself', async () => {
    const before = await createShow(streamer);
    await whole(before);
    const { sessionId, fundingGoalId } = await streamer.openFundedSession();
    const slot = await service.redis.cluster('KEYSLOT', `{${service.prefix}}`);
    const node = cluster.nodes[Math.floor((slot * 3) / 16_384)]!;
    process.kill(node.pid, 'SIGKILL');
    await node.ended;
    const key = { 'idempotency-key': 'through' };
    const body = showBody(sessionId, fundingGoalId);
    const answer = await until(async () => {
      const { status, body: answered } = await streamer.post('/goals?goal_type=show', body, key);
      return status === 202 && answered;
    }, 40_000);
    const after = { fundingGoalId, goalId: String(answer.goal_id) };
    await whole(after);
    await until(async () => (await streamer.get('/health/ready')).status === 200);
    for (const show of [before, after]) expect(await effectsOf(service, show)).toEqual(eachOnce);
    const { body: repeated } = await streamer.post('/goals?goal_type=show', body, key);
    expect(repeated).toEqual(answer);
  }, 120_000);
});
