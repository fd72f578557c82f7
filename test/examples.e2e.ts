import { newId } from '#platform';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { brokerKinds, type TestBroker } from './brokers.js';
import { timedBody, tokenFor, until } from './client.js';
import { freePort } from './process.js';
import { pythonPackages } from './python-packages.js';
import { useService } from './service.js';
import { wireFaults } from './wire.js';

const run = promisify(execFile);
const root = resolve(import.meta.dirname, '..');

/** The packages of examples/python, each with what it needs. */
const installed = await Promise.all(
  ['redis==8.1.0', 'nats-py==2.16.0', 'flask==3.1.3', 'standardwebhooks==1.1.0'].map((pinned) =>
    pythonPackages(pinned.split('==')[0]!, [pinned]),
  ),
);
const missing = installed.find((one) => typeof one === 'string');
if (missing) process.stdout.write(`examples in Python: skipped, as ${missing}\n`);
const withPython = missing ? it.skip : it;
const python = {
  PATH: process.env.PATH,
  PYTHONDONTWRITEBYTECODE: '1',
  PYTHONPATH: installed.map((one) => (typeof one === 'string' ? '' : one.PYTHONPATH)).join(':'),
};

/** A project as a reader of examples/node has it after `npm install`, with the contracts as they are packed. */
async function nodeProject(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'goalpost-examples-'));
  await cp(join(root, 'examples/node'), dir, { recursive: true });
  const packed = join(dir, 'node_modules/@goalpost/contracts');
  await mkdir(packed, { recursive: true });
  const cwd = join(root, 'libs/contracts');
  const { stdout } = await run('npm', ['pack', '--silent', '--pack-destination', dir], { cwd });
  await run('tar', ['-xzf', join(dir, stdout.trim()), '-C', packed, '--strip-components=1']);
  for (const name of ['@nestjs', '@types', 'reflect-metadata', 'rxjs'])
    await symlink(join(root, 'node_modules', name), join(dir, 'node_modules', name));
  return dir;
}

type Line = Record<string, unknown>;

/** What an example printed: the events of its goal, and a refusal. */
function expectStory(stdout: string): void {
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
  const events = lines.slice(0, -1);
  expect(new Set(events.map(({ type }) => type))).toEqual(new Set(['goal.added', 'goal.created']));
  expect(events).toHaveLength(2);
  for (const event of events) expect(wireFaults(`webhook.${String(event.type)}`, event)).toEqual([]);
  expect(lines.at(-1)).toMatchObject({ status: 404, code: 'goal_not_found', instance: 'goals.get' });
}

const kinds = Object.entries(brokerKinds).filter(([name]) => name !== 'NATS without JetStream');

describe.each(kinds)('examples over %s', (name, kind) => {
  let broker: TestBroker;
  let hookPort: number;
  let dir: string | undefined;
  beforeAll(async () => {
    [broker, hookPort] = await Promise.all([kind.start(), freePort()]);
  });
  const service = useService(() => ({
    MESSAGING_URL: kind.url(broker.port),
    WEBHOOK_ALLOW: `127.0.0.1:${hookPort}`,
    WEBHOOK_RETRY_SECONDS: '0.2,0.2,0.2,0.2',
  }));
  const streamer = service.client();
  beforeAll(async () => {
    await service.takesMessages();
    // The stream of NATS is there once an event was sent.
    await streamer.createGoal('karaoke', timedBody(await streamer.openSession()));
    await service.queues.settled();
  });
  afterAll(async () => {
    await broker?.stop();
    if (dir) await rm(dir, { recursive: true, force: true });
  });

  const settings = async () => ({
    MESSAGING_URL: kind.url(broker.port),
    TOKEN: await tokenFor(streamer.userId, ['streamer']),
    SESSION_ID: await streamer.openSession(),
  });
  const runs = async (command: string, args: string[], env: NodeJS.ProcessEnv, cwd = root) => {
    const all = { ...process.env, ...env, ...(await settings()) };
    expectStory((await run(command, args, { cwd, env: all, timeout: 60_000 })).stdout);
  };
  const isRedis = name === 'Valkey';

  withPython('in Python ask for a goal and hear of it', () =>
    runs('python3', [`examples/python/${isRedis ? 'redis' : 'nats'}_example.py`], python),
  );

  it('in plain Node ask for a goal and hear of it', () =>
    runs(process.execPath, [`examples/node/src/${isRedis ? 'redis' : 'nats'}.mjs`], {}));

  (isRedis ? it : it.skip)(
    'in Nest ask for a goal and hear of it, with the packed contracts',
    async () => {
      dir = await nodeProject();
      await run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc')], { cwd: dir });
      await runs(process.execPath, ['dist/nest.js'], {}, dir);
    },
    120_000,
  );

  (isRedis && !missing ? it : it.skip)('in Flask receive webhooks, and verify their signatures', async () => {
    const sessionId = await streamer.openSession();
    const other = service.client(newId(), ['service']);
    const url = `http://127.0.0.1:${hookPort}/`;
    const hook = await other.post<{ secret: string }>('/webhooks', { url, session_id: sessionId });
    const env = { ...python, PORT: String(hookPort), WEBHOOK_SECRET: hook.body.secret };
    const receiver = spawn('python3', ['examples/python/webhook_receiver.py'], { cwd: root, env });
    try {
      const events: Line[] = [];
      createInterface(receiver.stdout).on(
        'line',
        (line) => line.startsWith('{') && events.push(JSON.parse(line)),
      );
      await until(() => fetch(url).then(Boolean, () => false));
      await streamer.createGoal('karaoke', timedBody(sessionId));
      await until(async () => events.length === 2);
      const log = await other.get<{ items: Line[] }>(`/events?session_id=${sessionId}`);
      expect(events).toEqual(log.body.items);
      const unsigned = await fetch(url, { method: 'POST', body: JSON.stringify(events[0]) });
      expect(unsigned.status).toBe(401);
    } finally {
      receiver.kill();
      await once(receiver, 'close');
    }
  });
});
