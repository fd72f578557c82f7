/** Lists our files that run for one POST of a show goal up to its push and its feed entry, once everything is warm. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { createShow, fund } from './measures.mjs';
import { startStage, until } from './stage.mjs';

/** What runs in the background ends within this time. */
const restMs = 1_500;

const dir = mkdtempSync(join(tmpdir(), 'goalpost-path-'));
process.env.COVERAGE_DIR = dir;
const stage = await startStage();
let taken = 0;

/** The functions that have run in each process since the last call. */
async function takeCoverage() {
  taken += 1;
  const files = Object.entries(stage.pids).map(([app, pid]) => [app, pid, join(dir, `${pid}-${taken}.json`)]);
  for (const [, pid] of files) process.kill(pid, 'SIGUSR2');
  await until(() => files.every(([, , file]) => existsSync(file)));
  return files.map(([app, , file]) => [app, JSON.parse(readFileSync(file, 'utf8'))]);
}

/** Posts a show goal and waits for its two pushes and its entry in the feed. */
async function createOne() {
  const funded = await fund(stage);
  await setTimeout(restMs);
  await takeCoverage();
  const pushes = stage.sink.seen.length;
  const { goal_id } = await createShow(stage, funded);
  await until(() => stage.sink.seen.length >= pushes + 2);
  const entries = stage.mongo.collection('livestream_feed');
  await until(async () =>
    (await entries.find().toArray()).some(({ goal }) => goal.toHexString() === goal_id),
  );
  return takeCoverage();
}

try {
  await createOne();
  const ran = new Map();
  let functions = 0;
  for (const [app, scripts] of await createOne())
    for (const { url, functions: all } of scripts) {
      // The one without a name is the file itself, which ran when it was loaded.
      const called = all.filter(({ functionName, ranges }) => functionName && ranges[0].count > 0);
      if (called.length === 0) continue;
      const file = url.slice(url.indexOf('/dist/') + '/dist/'.length).replace(/\.js$/, '.ts');
      ran.set(file, [...(ran.get(file) ?? []), app]);
      functions += called.length;
    }
  for (const [file, apps] of [...ran].toSorted(([one], [other]) => (one < other ? -1 : 1)))
    console.log(`${file} (${apps.join(', ')})`);
  console.log(`${ran.size} files, ${functions} functions`);
} finally {
  await stage.stop();
  rmSync(dir, { recursive: true });
}
