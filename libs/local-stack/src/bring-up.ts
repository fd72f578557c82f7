import { demoFile, removeDemoFile, writeDemoFile } from './demo/demo-file.js';
import { createDemoSession } from './demo/demo-session.js';
import { instructions } from './demo/instructions.js';
import { demoTokens } from './demo/tokens.js';
import { localJwtSecret } from './data-dir/secret.js';
import { startNodeProcess } from './processes/node-process.js';
import { freePort, isPortFree, LOOPBACK } from './processes/ports.js';
import { stopLeftovers } from './processes/leftovers.js';
import { startMongod } from './servers/mongod.js';
import { startPusher } from './servers/pusher.js';
import { startRedis } from './servers/redis.js';
import type { Server } from './servers/server.js';
import type { Settings } from './settings.js';
import { STOP_ORDER, type Stack } from './stack.js';

/** The main files of the product's processes. */
export interface Mains {
  api: string;
  worker: string;
  pusher: string;
}

type Say = (line: string) => void;

// Together with the servers' own bounds these stay below the ten seconds a stop may take.
const STOP_API_WITHIN_MS = 2_000;
const STOP_WORKER_WITHIN_MS = 2_300;

async function startServers(
  stack: Stack,
  settings: Settings,
  say: Say,
): Promise<{ mongo: string; redis: string }> {
  const options = { dataDir: settings.dataDir, onLog: say, signal: stack.halt };
  const starts: Promise<Server>[] = [];
  if (!settings.mongoUrl) starts.push(startMongod(options));
  if (!settings.redisUrl) starts.push(startRedis(options));
  const servers = await stack.startTogether(...starts);
  for (const { name, pid, port } of servers) say(`${name} runs on port ${port} (pid ${pid})`);
  const urlOf = (name: string) => servers.find((server) => server.name === name)?.url ?? '';
  return { mongo: settings.mongoUrl || urlOf('mongod'), redis: settings.redisUrl || urlOf('redis') };
}

/** Starts a Pusher server where the environment names none; answers the variables that lead to it. */
async function startRealtime(
  stack: Stack,
  main: string,
  settings: Settings,
  say: Say,
): Promise<NodeJS.ProcessEnv> {
  if (settings.pusherAppId) return {};
  const options = { main, env: process.env, dataDir: settings.dataDir, onLine: say, signal: stack.halt };
  let variables = {};
  const start = startPusher(options).then((pusher) => {
    variables = pusher.variables;
    return pusher.child;
  });
  for (const { name, pid } of await stack.startTogether(start)) say(`${name} is ready (pid ${pid})`);
  return variables;
}

async function startProcesses(
  stack: Stack,
  mains: Mains,
  settings: Settings,
  env: NodeJS.ProcessEnv,
  say: Say,
) {
  const options = { env, dataDir: settings.dataDir, onLine: say, signal: stack.halt };
  const workerPort = await freePort();
  const api = {
    name: 'api',
    main: mains.api,
    port: settings.port,
    nodeOptions: settings.nodeOptions.api,
    stopWithinMs: STOP_API_WITHIN_MS,
  };
  const worker = {
    name: 'worker',
    main: mains.worker,
    port: workerPort,
    nodeOptions: settings.nodeOptions.worker,
    stopWithinMs: STOP_WORKER_WITHIN_MS,
  };
  const children = await stack.startTogether(
    startNodeProcess({ ...worker, ...options }),
    startNodeProcess({ ...api, ...options }),
  );
  for (const { name, pid } of children) say(`${name} is ready (pid ${pid})`);
}

/** Starts everything in order and ends with the page of instructions; all steps give up when the stack halts. */
export async function bringUp(stack: Stack, mains: Mains, settings: Settings, say: Say): Promise<void> {
  await stopLeftovers(settings.dataDir, STOP_ORDER, say);
  if (!(await isPortFree(settings.port))) {
    throw new Error(
      `port ${settings.port} is taken; set PORT to a free one, as in PORT=${settings.port + 1} npm start`,
    );
  }
  const secret = settings.jwtSecret || (await localJwtSecret(settings.dataDir));
  const { mongo, redis } = await startServers(stack, settings, say);
  const realtime = await startRealtime(stack, mains.pusher, settings, say);
  await removeDemoFile(settings.dataDir);
  const env = {
    ...process.env,
    MONGO_URL: mongo,
    REDIS_URL: redis,
    JWT_SECRET: secret,
    ...realtime,
    // Everything listens on loopback alone, which is what the demo's open tokens need.
    NODE_ENV: 'development',
    DEMO_FILE: demoFile(settings.dataDir),
    // Its own tokens are of another issuer, and for nobody else.
    JWT_ISSUER: '',
    JWT_AUDIENCE: '',
  };
  await startProcesses(stack, mains, settings, env, say);
  const url = `http://${LOOPBACK}:${settings.port}`;
  const tokens = await demoTokens(secret);
  const session = await createDemoSession(url, tokens.streamer, stack.halt);
  await writeDemoFile(settings.dataDir, session, tokens);
  say(instructions({ url, tokens, session }));
}
