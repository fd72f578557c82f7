/** The floor: what one goal costs when the bare drivers make its MongoDB, Redis and push operations, without a framework. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('floor-process.mjs', import.meta.url));
const goals = Number(process.env.FLOOR_GOALS ?? 1000);

/** Runs the floor in a process of its own, with the writes of so many goals put together. */
async function run(servers, sink, batch) {
  const input = { mongo: servers.mongod.url, redis: servers.redis.url, sink: sink.url, goals, batch };
  const child = spawn(process.execPath, [script, JSON.stringify(input)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  if (code !== 0) throw new Error(`the floor ended with ${code}`);
  return JSON.parse(output);
}

/** Figures of one goal at a time and of batches. */
export async function floor(servers, sink) {
  const figures = {};
  for (const batch of [1, 4, 16, 64]) {
    const { rate, cpuMs } = await run(servers, sink, batch);
    figures[`floor: goals/s, ${batch} together`] = rate;
    figures[`floor: CPU ms a goal, ${batch} together`] = cpuMs;
  }
  return figures;
}
