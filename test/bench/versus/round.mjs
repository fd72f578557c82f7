/** What one round measures of a side: a closed loop and a steady rate. */
import { readFile } from 'node:fs/promises';
import { generate } from './peer-runner.mjs';

const goals = Number(process.env.GOALS ?? 2000);
const seconds = Number(process.env.SECONDS ?? 20);

/** Figures of a round by name. */
export async function measure({ label, pids, flags }, servers, sink) {
  const watched = { ...pids, mongod: servers.mongod.pid, redis: servers.redis.pid };
  const cpu = Object.entries(watched).map(([name, pid]) => `${name}=${pid}`);
  const common = { sink: sink.url, ...flags, cpu: cpu.join(','), label };
  const closed = await generate({ ...common, n: goals, concurrency: 32, warmup: 500 });
  const steady = await generate({ ...common, rate: 40, duration: seconds });
  const perGoal = closed.cpu_ms_per_goal;
  return {
    'goals/s, first POST to last bound': closed.goals_per_s,
    'goals/s with all effects done': closed.all_effects_per_s,
    'requests/s': closed.requests_per_s,
    ...percentiles('request ms', closed.request_ms),
    ...percentiles('end-to-end ms at concurrency 32', closed.e2e_ms),
    ...percentiles('end-to-end ms at 40 goals/s', steady.e2e_ms),
    'CPU ms a goal, own processes': Object.keys(pids).reduce((sum, name) => sum + perGoal[name], 0),
    ...Object.fromEntries(Object.entries(perGoal).map(([name, ms]) => [`CPU ms a goal, ${name}`, ms])),
    ...(await memory(pids)),
    'busy cores': closed.busy_cores,
    'busy cores of others': closed.other_cpu_cores,
  };
}

const percentiles = (name, { p50, p95, p99 }) => ({
  [`${name}, p50`]: p50,
  [`${name}, p95`]: p95,
  [`${name}, p99`]: p99,
});

/** Resident megabytes of each process and its children. */
async function memory(pids) {
  const entries = Object.entries(pids).map(async ([name, pid]) => [
    `resident MB, ${name}`,
    await residentOf(pid),
  ]);
  return Object.fromEntries(await Promise.all(entries));
}

async function residentOf(pid) {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  const below = await Promise.all(children.split(' ').filter(Boolean).map(residentOf));
  return below.reduce((sum, mb) => sum + mb, Number(/VmRSS:\s+(\d+)/.exec(status)[1]) / 1024);
}
