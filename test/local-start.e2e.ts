import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { type LocalStart, startLocal, untilUp } from './local-start.js';
import { freePort as anyPort } from './process.js';

const run = promisify(execFile);

const BOUND_WITHIN_MS = 15_000;
const GONE_WITHIN_MS = 3_000;

interface Session {
  show_goal_pairs: { funding_goal: string; show_goal: string | null }[];
}

const freePort = async () => String(await anyPort());

const pidsIn = (output: string) => [...output.matchAll(/\(pid (\d+)\)/g)].map(([, pid]) => Number(pid));

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** An orphan that has ended keeps its number until init has taken note of it. */
async function stillRunning(pids: number[]): Promise<number[]> {
  for (const giveUpAt = Date.now() + GONE_WITHIN_MS; pids.some(isRunning) && Date.now() < giveUpAt;)
    await delay(50);
  return pids.filter(isRunning);
}

/** The request that a printed curl line makes. */
function requestOf(line: string): Promise<Response> {
  const one = (pattern: RegExp) => pattern.exec(line)?.[1];
  const headers = [...line.matchAll(/-H '([^:]+): ([^']+)'/g)].map(([, name = '', value = '']) => [
    name,
    value,
  ]);
  return fetch(one(/'(http[^']+)'/) ?? '', {
    method: one(/-X (\w+)/) ?? 'GET',
    headers: headers as [string, string][],
    body: one(/-d '([^']+)'/),
  });
}

const curlLine = (output: string, pattern: RegExp) =>
  output.split('\n').find((line) => line.startsWith('curl') && pattern.test(line)) ?? '';

async function readSession(output: string): Promise<Session> {
  const answer = await requestOf(curlLine(output, /sessions\/\w+'/));
  expect(answer.status).toBe(200);
  return (await answer.json()) as Session;
}

async function untilShowIsBound(output: string, showGoal: string): Promise<void> {
  const isBound = (session: Session) => session.show_goal_pairs.some((pair) => pair.show_goal === showGoal);
  for (const giveUpAt = Date.now() + BOUND_WITHIN_MS; !isBound(await readSession(output)); await delay(100)) {
    if (Date.now() > giveUpAt) throw new Error('the show goal was not bound to its session');
  }
}

/** Starts on a data directory of their own, and what stops them. */
function useStarts() {
  let dataDir: string;
  const started: LocalStart[] = [];
  return {
    dataDir: () => dataDir,
    begin: (env: Record<string, string>) => {
      const one = startLocal({ DATA_DIR: dataDir, ...env });
      started.push(one);
      return one;
    },
    prepare: async () => {
      dataDir = await mkdtemp(join(tmpdir(), 'goalpost-start-'));
    },
    stop: async () => {
      for (const { process: child, exited } of started.splice(0)) {
        if (child.exitCode === null) child.kill('SIGTERM');
        await exited;
      }
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

describe('npm start with servers of its own', () => {
  const { begin, dataDir, prepare, stop } = useStarts();
  /** The latest one; the next test goes on with it. */
  let running: LocalStart;

  beforeAll(prepare);
  afterAll(stop, 30_000);

  it('runs the printed curl, stops without leftovers, and comes back with its data', async () => {
    const first = begin({ PORT: await freePort() });
    await untilUp(first);
    const answer = await requestOf(curlLine(first.output(), /goal_type=show'/));
    expect(answer.status).toBe(202);
    const { goal_id: showGoal } = (await answer.json()) as { goal_id: string };
    await untilShowIsBound(first.output(), showGoal);

    const [, page = ''] = /^Demo +(\S+)$/m.exec(first.output()) ?? [];
    expect(await (await fetch(page)).text()).toContain('<title>goalpost demo</title>');
    const config = (await (await fetch(`${page}/config.json`)).json()) as { pusher: { host: string } };
    expect(config.pusher.host).toBe('127.0.0.1');
    expect((await stat(join(dataDir(), 'demo.json'))).mode & 0o777).toBe(0o600);

    const env = { PATH: process.env.PATH, DATA_DIR: dataDir() };
    const dead = await run(process.execPath, ['bin/goalpost.mjs', 'dead', '--local'], { env });
    expect(dead.stdout).toBe('0 dead\n');
    expect(first.output()).toMatch(/^export MONGO_URL='mongodb:.*'\nexport REDIS_URL='redis:.*'$/m);

    const pids = pidsIn(first.output());
    expect(pids).toHaveLength(5);
    first.process.kill('SIGINT');
    expect(await first.exited).toBe(0);
    expect(pids.filter(isRunning)).toEqual([]);

    const PORT = await freePort();
    running = begin({ PORT });
    await untilUp(running);
    await untilShowIsBound(first.output().replace(/127\.0\.0\.1:\d+/g, `127.0.0.1:${PORT}`), showGoal);
  }, 120_000);

  it('stops what a killed start left running', async () => {
    const left = pidsIn(running.output());
    expect(left).toHaveLength(5);
    running.process.kill('SIGKILL');
    const next = begin({ PORT: await freePort() });
    await untilUp(next);
    expect(await stillRunning(left)).toEqual([]);
    running = next;
  }, 120_000);

  it('ends all of it at once on a second Ctrl-C', async () => {
    const pids = pidsIn(running.output()).slice(-5);
    // A worker that hangs would hold up the stop.
    process.kill(pids[3]!, 'SIGSTOP');
    process.kill(pids[4]!, 'SIGSTOP');
    running.process.kill('SIGINT');
    for (; !/^stopping$/m.test(running.output()); await delay(20));
    running.process.kill('SIGINT');
    expect(await running.exited).toBe(130);
    expect(await stillRunning(pids)).toEqual([]);
  }, 30_000);
});

describe('npm start', () => {
  const { begin, dataDir, prepare, stop } = useStarts();

  beforeEach(prepare);
  afterEach(stop, 30_000);

  it('says that a port is taken', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const refused = begin({ PORT: String(port) });
    expect(await refused.exited).toBe(1);
    expect(refused.output()).toContain(`port ${port} is taken; set PORT`);
    taken.close();
  });

  it('checks the configuration before it starts a server', async () => {
    const refused = begin({ PORT: await freePort(), RATE_LIMIT: 'much' });
    expect(await refused.exited).toBe(1);
    expect(refused.output()).toContain('goalpost: The configuration does not hold:\n  - RATE_LIMIT: needs');
    expect(refused.output()).not.toMatch(/mongod|\(pid/);
  });

  it('says that its data directory is a file', async () => {
    const file = join(dataDir(), 'file');
    await writeFile(file, '');
    const refused = begin({ PORT: await freePort(), DATA_DIR: file, REDIS_URI: 'redis://127.0.0.1' });
    expect(await refused.exited).toBe(1);
    expect(refused.output().split('\n')).toEqual([
      'goalpost: REDIS_URI is set, but not known; did you mean REDIS_URL?',
      `goalpost: DATA_DIR ${file} cannot be used: it, or a part of its path, is a file; set DATA_DIR to another directory`,
      '',
    ]);
  });

  it('starts no server where one is given', async () => {
    const mongo = new URL(process.env.TEST_MONGO_URL!);
    mongo.pathname = '/goalpost-local-start';
    const redis = new URL(process.env.TEST_REDIS_URL!);
    redis.pathname = '/15';
    const given = {
      MONGO_URL: mongo.href,
      REDIS_URL: redis.href,
      MESSAGING_URL: 'off',
      PUSHER_APP_ID: 'app',
      PUSHER_KEY: 'key',
      PUSHER_SECRET: 'secret',
      PUSHER_HOST: '127.0.0.1',
    };
    const up = begin({ PORT: await freePort(), ...given });
    await untilUp(up);
    expect(up.output()).not.toMatch(/(mongod|redis) runs|pusher is ready/);
    expect(pidsIn(up.output())).toHaveLength(2);
  }, 60_000);
});
