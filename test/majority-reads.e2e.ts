import { type MongodSet, startMongodSet } from '#local-stack';
import { toObjectId } from '#platform';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { timedBody, until } from './client.js';
import { useService } from './service.js';

/** The primary stays what it is while nobody follows it: what it writes then may be lost at the next election. */
describe('while the followers of the primary stand still', () => {
  let dataDir: string;
  let set: MongodSet;

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'goalpost-majority-'));
    set = await startMongodSet({ dataDir, electionTimeoutMs: 1_000 });
  }, 60_000);
  const service = useService(() => ({ MONGO_URL: set.url }));
  const streamer = service.client();
  const platform = service.client(undefined, ['service']);
  afterAll(async () => {
    await set?.stop();
    await rm(dataDir, { recursive: true, force: true });
  }, 30_000);

  /** The members that only follow; from now on the primary does not step down for want of them. */
  const followers = async () => {
    const admin = service.mongo.db!.admin();
    const { config } = await admin.command({ replSetGetConfig: 1 });
    const settings = { ...config.settings, electionTimeoutMillis: 120_000 };
    await admin.command({ replSetReconfig: { ...config, version: config.version + 1, settings } });
    const { primary } = await admin.command({ hello: 1 });
    return set.nodes.filter(({ port }) => !String(primary).endsWith(`:${port}`));
  };

  it('nobody is shown what no majority has', async () => {
    const sessionId = await streamer.openSession();
    const goalId = await streamer.createGoal('show_funding', timedBody(sessionId));
    await until(async () => (await streamer.goal(goalId)).status === 'active');
    const buyer = platform.userId;
    const pay = () =>
      platform.post(`/goals/${goalId}/contributions`, { source_id: 'ticket', user_id: buyer, amount: 3 });
    const seen = async () => {
      const [goal, access, list] = await Promise.all([
        streamer.goal(goalId),
        platform.get(`/goals/${goalId}/access/${buyer}`),
        streamer.get<{ items: unknown[] }>(`/goals/${goalId}/contributions`),
      ]);
      return { progress: goal.progress, allowed: access.body.allowed, listed: list.body.items.length };
    };
    const stopped = await followers();
    for (const { pid } of stopped) process.kill(pid, 'SIGSTOP');
    try {
      expect((await pay()).status).toBe(503);
      // The primary has it.
      const goal = { _id: toObjectId(goalId) };
      const local = { readConcern: { level: 'local' } } as const;
      expect(await service.mongo.collection('goal').findOne(goal, local)).toMatchObject({ progress: 3 });
      expect(await seen()).toEqual({ progress: 0, allowed: false, listed: 0 });
    } finally {
      for (const { pid } of stopped) process.kill(pid, 'SIGCONT');
    }
    await until(async () => (await pay()).status === 200);
    expect(await seen()).toEqual({ progress: 3, allowed: true, listed: 1 });
  }, 60_000);
});
