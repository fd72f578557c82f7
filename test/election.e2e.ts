import { type MongodSet, type Server, startMongodSet } from '#local-stack';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { mongo } from 'mongoose';
import { Client, timedBody, until } from './client.js';
import { TestProcess } from './process.js';
import { useService } from './service.js';

const electionTimeoutMs = 2_000;
/** Without this, who follows a frozen primary asks it once more before it follows the new one. */
const parameters = ['oplogFetcherSteadyStateMaxFetcherRestarts=0'];
/** Rounds of heartbeats for the first majority of each goal, the bound of a batch, and what a busy machine takes. */
const backWithinMs = 30_000;
const everyMs = 100;
/** While there is no primary: 1.5 s, and 0.5 s in which it might show that it is there. */
const unavailableWithinMs = 3_000;

interface Payment {
  source: string;
  goalId: string;
  at: number;
  ms: number;
  status: number;
}

/** A replica set of three whose primary stands still, with its connections open, and is replaced. */
describe('while a frozen primary is replaced', () => {
  let dataDir: string;
  let set: MongodSet;
  const processes: TestProcess[] = [];

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'goalpost-election-'));
    set = await startMongodSet({ dataDir, electionTimeoutMs, parameters });
  }, 60_000);
  const service = useService(() => ({ MONGO_URL: set.url }), { apps: [] });
  beforeAll(async () => {
    processes.push(
      ...(await Promise.all([TestProcess.start('api', service), TestProcess.start('worker', service)])),
    );
  }, 60_000);
  afterAll(async () => {
    await set?.stop();
    await rm(dataDir, { recursive: true, force: true });
  }, 30_000);

  const primary = async (among: Server[]) => {
    const asked = among.map(async (node) => {
      const url = `mongodb://127.0.0.1:${node.port}/?directConnection=true`;
      const client = new mongo.MongoClient(url, { appName: 'test', serverSelectionTimeoutMS: 1_000 });
      try {
        return (await client.db().command({ hello: 1 })).isWritablePrimary ? node : undefined;
      } finally {
        await client.close();
      }
    });
    return (await Promise.all(asked)).find((node) => node !== undefined);
  };

  it('payments come back with the election, and each counts once', async () => {
    const { url } = processes[0]!;
    const streamer = new Client(url);
    const platform = new Client(url, undefined, ['service']);
    const sessionId = await streamer.openSession();
    const goalIds: string[] = [];
    for (let count = 0; count < 3; count++) {
      const body = { ...timedBody(sessionId), levels: [{ target: 1_000_000 }] };
      goalIds.push(await streamer.createGoal('show_funding', body));
    }
    const isActive = async (goalId: string) => (await streamer.goal(goalId)).status === 'active';
    await until(async () => (await Promise.all(goalIds.map(isActive))).every(Boolean));

    const payments: Payment[] = [];
    const pay = async (source: string, goalId: string): Promise<boolean> => {
      const at = Date.now();
      const body = { source_id: source, user_id: 'payer', amount: 1 };
      const { status } = await platform.post(`/goals/${goalId}/contributions`, body);
      payments.push({ source, goalId, at, ms: Date.now() - at, status });
      return status === 200 || status === 201;
    };
    const over = new AbortController();
    const sources: [string, string][] = [];
    const load = async () => {
      const sent: Promise<unknown>[] = [];
      for (let index = 0; !over.signal.aborted; index++) {
        const goalId = goalIds[index % goalIds.length]!;
        sources.push([`payment-${index}`, goalId]);
        // Every third is one that is sent until it is answered, the others are given up.
        const send = () => pay(`payment-${index}`, goalId);
        sent.push(index % 3 === 0 ? until(send, 60_000) : send());
        await wait(everyMs);
      }
      await Promise.all(sent);
    };

    const old = (await primary(set.nodes))!;
    const others = set.nodes.filter((node) => node !== old);
    const running = load();
    await until(async () => payments.filter(({ status }) => status === 201).length > 10);
    process.kill(old.pid, 'SIGSTOP');
    const frozen = Date.now();
    let elected = 0;
    try {
      await until(async () => primary(others), 30_000);
      elected = Date.now();
      // Without what payments are given, none counts until the old primary is back.
      const counted = () => payments.filter(({ at, status }) => at > elected && status === 201);
      const countedGoals = () => new Set(counted().map(({ goalId }) => goalId));
      await until(async () => countedGoals().size === goalIds.length, backWithinMs);
    } finally {
      process.kill(old.pid, 'SIGCONT');
    }
    over.abort();
    await running;

    const slowest = payments.filter(({ at, ms }) => at > frozen && at + ms < elected).map(({ ms }) => ms);
    expect(Math.max(...slowest)).toBeLessThan(unavailableWithinMs);

    // Whoever got no answer sends again: all of them count in the end, and once.
    for (const [source, goalId] of sources) await until(() => pay(source, goalId));
    const goals = await Promise.all(goalIds.map((goalId) => streamer.goal(goalId)));
    expect(goals.reduce((sum, { progress }) => sum + progress, 0)).toBe(sources.length);
    expect(await service.documents('goal_contribution')).toHaveLength(sources.length);
  }, 120_000);
});
