/** Measures goalpost, each figure in several rounds on the same servers, then beside the stack that it replaces. */
import { contribute, create, fanOut } from './measures.mjs';
import { startStage } from './stage.mjs';
import { versus } from './versus/main.mjs';

const rounds = Number(process.env.ROUNDS ?? 3);
const measures = [
  ['show goals/s, request to feed and push, 32 clients', (stage) => create(stage, 500)],
  ['ms from goal.added to the last of 5,000 ticket owners', (stage) => fanOut(stage, 5_000)],
  ['contributions/s on one goal, 50 clients', (stage) => contribute(stage, 1, 3_000)],
  ['contributions/s on 1,000 goals, 50 clients', (stage) => contribute(stage, 1_000, 5_000)],
];

const measuresWithSlowPusher = [
  ['ms from goal.added to the last of 50,000 ticket owners, 20 ms a call', (stage) => fanOut(stage, 50_000)],
];

console.log(`| figure, ${rounds} rounds | min | median | max |\n| --- | --- | --- | --- |`);
await measureAll(measures, {});
await measureAll(measuresWithSlowPusher, { pusherMs: 20 });
await versus();

async function measureAll(some, options) {
  const stage = await startStage(options);
  try {
    for (const [name, measure] of some) await show(name, () => measure(stage));
  } finally {
    await stage.stop();
  }
}

/** A line with the least, the median and the greatest of all rounds. */
async function show(name, measure) {
  const figures = [];
  for (let round = 0; round < rounds; round++) figures.push(await measure());
  const [min, median, max] = [0, Math.floor(rounds / 2), rounds - 1].map((at) =>
    Math.round(figures.toSorted((a, b) => a - b)[at]),
  );
  console.log('|', [name, min, median, max].join(' | '), '|');
}
