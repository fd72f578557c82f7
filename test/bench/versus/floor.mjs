/** The floor: what one goal costs when the bare drivers make its MongoDB, Redis and push operations, without a framework. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('floor-process.mjs', import.meta.url));
const goals = Number(process.env.FLOOR_GOALS ?? 1000);
const rate = 40;

/** Runs the floor in a process of its own, with these settings. */
async function run(servers, sink, settings) {
  const input = { mongo: servers.mongod.url, redis: servers.redis.url, sink: sink.url, ...settings };
  const child = spawn(process.execPath, [script, JSON.stringify(input)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  if (code !== 0) throw new Error(`the floor ended with ${code}`);
  return JSON.parse(output);
}

/** Figures of one goal at a time and of batches, then of one goal at a time at a steady rate. */
export async function floor(servers, sink) {
  const figures = {};
  for (const batch of [1, 4, 16, 64]) {
    const { rate: goalsPerSecond, cpuMs } = await run(servers, sink, { goals, batch });
    figures[`floor: goals/s, ${batch} together`] = goalsPerSecond;
    figures[`floor: CPU ms a goal, ${batch} together`] = cpuMs;
  }
  const { times } = await run(servers, sink, { goals: goals / 4, batch: 1, rate });
  const sorted = times.toSorted((a, b) => a - b);
  for (const share of [50, 95])
    figures[`floor: ms until bound at ${rate} goals/s, p${share}`] =
      sorted[Math.floor((sorted.length * share) / 100)];
  return figures;
}
