/** What a benchmark runs on: real servers, one api and one worker as processes, and a sink in place of Pusher. */
import { spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import { SignJWT } from 'jose';
import mongoose from 'mongoose';
import { atExit } from './at-exit.mjs';
import { startMongod, startRedis } from '../../dist/libs/local-stack/src/index.js';

export const secret = 'a-secret-of-the-benchmark-with-40-chars.';
const pusher = { PUSHER_APP_ID: '1', PUSHER_KEY: 'key', PUSHER_SECRET: 'secret', PUSHER_HOST: '127.0.0.1' };

/** A mongod and a Redis-compatible server of the benchmark's own; `stop` ends them and leaves nothing behind. */
export async function startServers() {
  const dataDir = await mkdtemp(join(tmpdir(), 'goalpost-bench-'));
  const mongod = await startMongod({ dataDir, cacheGb: 1 });
  const redis = await startRedis({ dataDir });
  const forget = atExit(() => {
    for (const { pid } of [redis, mongod]) process.kill(pid, 'SIGKILL');
    rmSync(dataDir, { recursive: true, maxRetries: 10 });
  });
  return {
    mongod,
    redis,
    async stop() {
      forget();
      await redis.stop();
      await mongod.stop();
      await rm(dataDir, { recursive: true });
    },
  };
}

/**
 * Starts apis and workers, one of each by default, that send their events to a sink on this port; all that they store has this name. `root` is the
 * checkout that they are of, which has to be built.
 */
export async function startGoalpost(
  { mongod, redis },
  sinkPort,
  { name = 'goalpost', root = '.', processes = 1, env: more = {} } = {},
) {
  const env = {
    ...pusher,
    PATH: process.env.PATH,
    MONGO_URL: databaseOf(mongod, name),
    REDIS_URL: redis.url,
    REDIS_PREFIX: name,
    JWT_SECRET: secret,
    LOG_LEVEL: 'warn',
    SHUTDOWN_DELAY_MS: '0',
    PUSHER_PORT: String(sinkPort),
    ...more,
  };
  const start = async (app) => {
    const started = [];
    for (let index = 0; index < processes; index++) started.push(await startProcess(app, env, root));
    return started;
  };
  const workers = await start('worker');
  const apis = await start('api');
  return {
    url: apis[0].url,
    urls: apis.map(({ url }) => url),
    pids: { api: apis[0].child.pid, worker: workers[0].child.pid },
    async stop() {
      for (const { child } of [...apis, ...workers]) {
        const gone = once(child, 'exit');
        child.kill('SIGTERM');
        await gone;
      }
    },
  };
}

/** The URL of a database of that name. */
export function databaseOf(mongod, name) {
  const url = new URL(mongod.url);
  url.pathname = `/${name}`;
  return url.href;
}

/** Everything that goalpost's own figures are measured on; what stands in for Pusher takes so many milliseconds a call. */
export async function startStage({ pusherMs = 0 } = {}) {
  const servers = await startServers();
  const sink = await startSink(undefined, pusherMs);
  const goalpost = await startGoalpost(servers, sink.port);
  const mongo = await mongoose.createConnection(databaseOf(servers.mongod, 'goalpost')).asPromise();
  return {
    mongo,
    sink,
    api: clientOf(goalpost.url),
    url: goalpost.url,
    pids: goalpost.pids,
    token: sign,
    async stop() {
      await mongo.close();
      await goalpost.stop();
      sink.close();
      await servers.stop();
    },
  };
}

/** Takes events as Pusher does, each call in so many milliseconds, and notes when each name came; `on` is called with each event. */
export async function startSink(on = () => undefined, callMs = 0) {
  const seen = [];
  const take = async (request, response) => {
    const body = JSON.parse(await text(request));
    const at = performance.now();
    for (const event of body.batch ?? [body]) {
      seen.push({ name: event.name, at });
      on(event);
    }
    if (callMs > 0) await setTimeout(callMs);
    response.end('{}');
  };
  const server = createServer((request, response) => void take(request, response));
  server.keepAliveTimeout = 60_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { seen, port: server.address().port, close: () => server.close() };
}

async function startProcess(app, env, root) {
  const port = await freePort();
  const profile = process.env.PROFILE ? ['--cpu-prof', `--cpu-prof-dir=${process.env.PROFILE}`] : [];
  const coverage = process.env.COVERAGE_DIR ? ['--import', './test/bench/coverage-hook.mjs'] : [];
  const child = spawn(process.execPath, [...profile, ...coverage, `dist/apps/${app}/src/main.js`], {
    cwd: root,
    env: { ...env, PORT: String(port), COVERAGE_DIR: process.env.COVERAGE_DIR },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  child.once(
    'exit',
    atExit(() => child.kill('SIGKILL')),
  );
  const url = `http://127.0.0.1:${port}`;
  await until(async () => (await fetch(`${url}/health/ready`).catch(() => undefined))?.ok);
  return { child, url };
}

/** A client of an api, each request under its own user and roles. */
export function clientOf(url) {
  const tokens = new Map();
  return async (user, roles, method, path, body) => {
    const key = user + roles;
    if (!tokens.has(key)) tokens.set(key, await sign(user, roles));
    const headers = { authorization: `Bearer ${tokens.get(key)}`, 'content-type': 'application/json' };
    const options = body ? { method, headers, body: JSON.stringify(body) } : { method, headers };
    const response = await fetch(url + path, options);
    const answer = await response.json();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${JSON.stringify(answer)}`);
    return answer;
  };
}

export function sign(user, roles) {
  return new SignJWT({ roles })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(user)
    .setExpirationTime('2h')
    .sign(new TextEncoder().encode(secret));
}

/** A port of loopback that is free now. */
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** Waits until something holds; fails after a minute, if not told otherwise. */
export async function until(look, withinMs = 60_000) {
  const end = Date.now() + withinMs;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > end) throw new Error(`did not come to hold: ${look}`);
    await setTimeout(5);
  }
}

/** How many documents MongoDB has written since its start. */
export async function documentsWritten(mongo) {
  const { metrics } = await mongo.db.admin().command({ serverStatus: 1 });
  const { inserted, updated, deleted } = metrics.document;
  return inserted + updated + deleted;
}

/** Milliseconds of processor time that a process has had; the kernel counts in hundredths of a second. */
export function cpuMs(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}
