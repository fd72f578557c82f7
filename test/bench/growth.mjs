/** Does a goal cost more the more are stored? Creates show goals beside 0, 10 thousand, 100 thousand and a million. */
import { costOfStream, diskOf } from './growth-cost.mjs';
import { fillTo } from './growth-fill.mjs';
import { atOnce, createShow, fund, quantile, startGrowthStage } from './growth-stage.mjs';

const most = Number(process.env.GROWTH ?? 1_000_000);
const rounds = Number(process.env.ROUNDS ?? 3);
const goals = Number(process.env.GROWTH_GOALS ?? 500);
const sizes = [0, 10_000, 100_000, 1_000_000].filter((size) => size <= most);

/** One round: so many show goals by 32 clients, then pages of a list. */
async function round(stage) {
  const funded = await atOnce(goals, 16, () => fund(stage));
  const begin = performance.now();
  const shows = await atOnce(goals, 32, (index) => createShow(stage, funded[index]));
  const rate = (goals / (performance.now() - begin)) * 1000;
  const pages = await atOnce(50, 4, async () => {
    const asked = performance.now();
    await stage.api('reader', [], 'GET', '/goals?goal_type=show&status=expired&limit=50');
    return performance.now() - asked;
  });
  return {
    'show goals/s, request to push, 32 clients': rate,
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

const short = (value) => (value >= 100 ? Math.round(value) : value.toFixed(1));
const stage = await startGrowthStage();
try {
  await round(stage); // the first goals of a process cost more than all others
  console.log(
    `| goals stored | figure, ${rounds} rounds of ${goals} | min | median | max |\n| --- | --- | --- | --- | --- |`,
  );
  let stored = 0;
  for (const size of sizes) {
    await fillTo(stage.mongo, stored, size);
    stored = size;
    const seen = [];
    for (let count = 0; count < rounds; count++) seen.push(await round(stage));
    for (const figure of Object.keys(seen[0])) {
      const values = seen.map((one) => one[figure]);
      const cells = [Math.min(...values), quantile(values, 0.5), Math.max(...values)].map(short);
      console.log(`| ${size.toLocaleString('en')} | ${figure} | ${cells.join(' | ')} |`);
    }
  }
  console.log('\n| what it costs, mean | |\n| --- | --- |');
  const cost = [...(await costOfStream(stage, goals)), ...(await diskOf(stage))];
  for (const [name, value] of cost) console.log(`| ${name} | ${short(value)} |`);
} finally {
  await stage.stop();
}
