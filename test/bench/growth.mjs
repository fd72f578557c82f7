/** Does a goal cost more the more are stored? Creates show goals beside many stored ones and in an empty database, in turn. */
import { readFile } from 'node:fs/promises';
import { costOfStream, diskOf } from './growth-cost.mjs';
import { fillTo } from './growth-fill.mjs';
import { atOnce, createShow, fund, quantile, startGrowthStages } from './growth-stage.mjs';

const most = Number(process.env.GROWTH ?? 1_000_000);
const rounds = Number(process.env.ROUNDS ?? 9);
const goals = Number(process.env.GROWTH_GOALS ?? 500);
const sizes = [10_000, 100_000, 1_000_000].filter((size) => size <= most);

/** Milliseconds of processor that these processes have taken so far. */
async function cpuMs(...pids) {
  const ticks = pids.map(async (pid) => {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    const [user, system] = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .slice(11, 13);
    return Number(user) + Number(system);
  });
  return (await Promise.all(ticks)).reduce((sum, each) => sum + each, 0) * 10;
}

/** One round: so many show goals by 32 clients, then pages of a list. */
async function round(stage) {
  const funded = await atOnce(goals, 16, () => fund(stage));
  const { api, worker, mongod } = stage.pids;
  const cpu = () => Promise.all([cpuMs(api, worker), cpuMs(mongod)]);
  const [ownBefore, mongodBefore] = await cpu();
  const begin = performance.now();
  const shows = await atOnce(goals, 32, (index) => createShow(stage, funded[index]));
  const rate = (goals / (performance.now() - begin)) * 1000;
  const [own, ofMongod] = await cpu();
  const pages = await atOnce(50, 4, async () => {
    const asked = performance.now();
    await stage.api('reader', [], 'GET', '/goals?goal_type=show&status=expired&limit=50');
    return performance.now() - asked;
  });
  return {
    'show goals/s, request to push, 32 clients': rate,
    'CPU ms a show goal, api and worker': (own - ownBefore) / goals,
    'CPU ms a show goal, mongod': (ofMongod - mongodBefore) / goals,
    'p95 ms, request to answer': quantile(
      shows.map(({ answered }) => answered),
      0.95,
    ),
    'p95 ms, request to push': quantile(
      shows.map(({ told }) => told),
      0.95,
    ),
    'p95 ms, a page of 50 expired shows': quantile(pages, 0.95),
  };
}

const short = (value) => (value >= 100 ? String(Math.round(value)) : value.toFixed(value >= 10 ? 1 : 2));
const spread = (values) => [Math.min(...values), quantile(values, 0.5), Math.max(...values)];

const { stages, stop } = await startGrowthStages('empty', 'grown');
const [, grown] = stages;
try {
  // The first goals of a process cost more than all others.
  for (let count = 0; count < 2; count++) for (const stage of stages) await round(stage);
  console.log(
    `| goals stored | figure, ${rounds} rounds of ${goals}: min / median / max | beside none | beside them | ratio |\n| --- | --- | --- | --- | --- |`,
  );
  let stored = 0;
  for (const size of sizes) {
    await fillTo(grown.mongo, stored, size);
    stored = size;
    await grown.mongo.db.admin().command({ fsync: 1 });
    const seen = { empty: [], grown: [] };
    for (let count = 0; count < rounds; count++)
      for (const stage of stages) seen[stage.name].push(await round(stage));
    for (const figure of Object.keys(seen.empty[0])) {
      const [none, many] = stages.map(({ name }) => spread(seen[name].map((one) => one[figure])));
      const cells = [none, many].map((values) => values.map(short).join(' / '));
      console.log(
        `| ${size.toLocaleString('en')} | ${figure} | ${cells.join(' | ')} | ${(many[1] / none[1]).toFixed(2)} |`,
      );
    }
  }
  console.log('\n| what it costs, mean | |\n| --- | --- |');
  const cost = [...(await costOfStream(grown, goals)), ...(await diskOf(grown))];
  for (const [name, value] of cost) console.log(`| ${name} | ${short(value)} |`);
} finally {
  await stop();
}
