/** Runs what stands in shared/peer beside the checkout; what it makes is kept in the cache from run to run. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { once } from 'node:events';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { atExit } from '../at-exit.mjs';

const peerDir = fileURLToPath(new URL('../../../../shared/peer', import.meta.url));
const home = join(process.env.GOALPOST_CACHE ?? join(homedir(), '.cache/goalpost'), 'peer');

/** Whether the peer is there to be measured. */
export const hasPeer = existsSync(join(peerDir, 'run.sh'));

const runner = join(peerDir, 'run.sh');
const envOf = (env) => ({ ...process.env, ...env, PEER_HOME: home });

/** A part of the peer's own runner, `setup`, `up` or `down`; resolves to where it keeps its things. */
export async function runPeer(part, env = {}) {
  const child = spawn(runner, [part], {
    env: envOf(env),
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`${peerDir}/run.sh ${part} ended with ${code}`);
  return home;
}

/** Starts the peer with these variables; `down` stops it. */
export async function startPeer(env) {
  const forget = atExit(() => spawnSync(runner, ['down'], { env: envOf(env) }));
  await runPeer('up', env);
  return {
    home,
    down: async () => {
      forget();
      await runPeer('down', env);
    },
  };
}

/** Starts the sink that stands for Pusher's HTTP API and checks signatures. */
export async function startSink(port) {
  const child = spawn(
    process.execPath,
    [join(peerDir, 'sink.mjs'), '--port', String(port), '--secret', 'secret'],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  child.once(
    'exit',
    atExit(() => child.kill()),
  );
  await once(child.stderr, 'data');
  return { port, url: `http://127.0.0.1:${port}`, pid: child.pid, stop: () => child.kill('SIGTERM') };
}

/** One run of the peer's load generator, which fails where a goal is not stored or not bound. */
export async function generate(flags) {
  const args = Object.entries(flags).map(([name, value]) =>
    value === true ? `--${name}` : `--${name}=${value}`,
  );
  const child = spawn(process.execPath, [join(home, 'bench/bench.mjs'), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  if (code !== 0) throw new Error(`the load generator ended with ${code}: ${output}`);
  return JSON.parse(output);
}
