/** Does it stay level? Runs at half the rate that it can do, and looks at memory and latency minute by minute. */
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { atOnce, buyTicket, createShow, fund, quantile, startGrowthStages } from './growth-stage.mjs';

const seconds = Number(process.env.SOAK_SECONDS ?? 600);
const windowSeconds = Math.min(60, seconds / 10);
/** More than this between the first and the last third is a rise; less may be chance. */
const rise = { share: 1.25, mb: 30, ms: 100 };

/** A stream's whole story: a session, its funding goal, a ticket, the show. */
async function stream(stage) {
  const funded = await fund(stage);
  await buyTicket(stage, funded);
  return createShow(stage, funded);
}

/** Streams a second that 32 clients get through. */
async function mostStreams(stage) {
  const begin = performance.now();
  const until = begin + Math.min(15_000, seconds * 500);
  const done = await atOnce(32, 32, async () => {
    let count = 0;
    for (; performance.now() < until; count++) await stream(stage);
    return count;
  });
  return (done.reduce((sum, count) => sum + count, 0) / (performance.now() - begin)) * 1000;
}

async function megabytes(pid) {
  const [, kilobytes] = /VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${pid}/status`, 'utf8'));
  return Number(kilobytes) / 1024;
}

/** Begins streams at this rate for a while, whether the earlier ones are through or not. */
async function oneWindow(stage, rate) {
  const times = [];
  const running = [];
  const begin = performance.now();
  for (let count = 0; performance.now() < begin + windowSeconds * 1000; count++) {
    running.push(stream(stage).then(({ told }) => times.push(told)));
    await delay(Math.max(0, begin + ((count + 1) / rate) * 1000 - performance.now()));
  }
  await Promise.all(running);
  const [api, worker] = await Promise.all([megabytes(stage.pids.api), megabytes(stage.pids.worker)]);
  return { streams: times.length, p50: quantile(times, 0.5), p95: quantile(times, 0.95), api, worker };
}

/** What is higher in the last third than in the first. */
function rises(windows) {
  const third = Math.ceil(windows.length / 3);
  const middle = (part, figure) =>
    quantile(
      part.map((one) => one[figure]),
      0.5,
    );
  return ['p50', 'p95', 'api', 'worker'].filter((figure) => {
    const [before, after] = [windows.slice(0, third), windows.slice(-third)].map((part) =>
      middle(part, figure),
    );
    const least = figure.startsWith('p') ? rise.ms : rise.mb;
    return after > before * rise.share && after > before + least;
  });
}

const { stages, stop } = await startGrowthStages('goalpost');
const [stage] = stages;
try {
  await atOnce(100, 32, () => stream(stage));
  const most = await mostStreams(stage);
  console.log(
    `${most.toFixed(1)} streams/s at most (session, funding goal, ticket, show); half of that for ${seconds} s`,
  );
  console.log(
    '| second | streams/s | p50 ms, show to push | p95 ms | api, MB | worker, MB |\n| --- | --- | --- | --- | --- | --- |',
  );
  const windows = [];
  for (let second = windowSeconds; second <= seconds; second += windowSeconds) {
    const seen = await oneWindow(stage, most / 2);
    windows.push(seen);
    const cells = [second, seen.streams / windowSeconds, seen.p50, seen.p95, seen.api, seen.worker];
    console.log('|', cells.map((cell) => Math.round(cell)).join(' | '), '|');
  }
  // The first window still fills the caches of the processes.
  const risen = rises(windows.slice(1));
  console.log(risen.length === 0 ? 'level' : `rises: ${risen.join(', ')}`);
  process.exitCode = risen.length === 0 ? 0 : 1;
} finally {
  await stop();
}
