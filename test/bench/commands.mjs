/**
 * Counts what a stream (a session, a funding goal, its show) costs: the commands of Redis by what they are for, those that are
 * sent and those that run inside scripts, of which each is one that is sent; and the documents that MongoDB writes. COUNT changes
 * how many streams are made, 16 at a time; BASE names another checkout, built, that is measured in place of this one.
 */
import { setTimeout } from 'node:timers/promises';
import { Redis } from 'ioredis';
import mongoose from 'mongoose';
import { atOnce } from './growth-stage.mjs';
import { createShow, fund } from './measures.mjs';
import { clientOf, databaseOf, documentsWritten, startGoalpost, startServers, startSink } from './stage.mjs';

const count = Number(process.env.COUNT ?? 100);
const width = 16;
const name = 'counted';

/** What happens behind a stream has ended by then; idle processes are watched for as long. */
const restMs = 4_000;

/** What a command is for: the first part of its key behind the prefix, which is the queue for the jobs of Bull. */
function kindOf([command, ...rest], isInScript) {
  const key = /^eval/i.test(command) && !isInScript ? rest[2] : rest[0];
  const [prefix, kind] = String(key).split(':');
  if (prefix === `{${name}}`) return `jobs of ${kind}`;
  if (prefix === name) return kind.replace(/^\{.*/, 'lists in slots');
  return /^(goal|access)\./.test(prefix) ? 'events for other services' : command.toLowerCase();
}

/** Counts commands by kind, as [sent, inside scripts], until it is asked for them. */
async function watch(redis) {
  const monitor = await redis.monitor();
  const kinds = new Map();
  monitor.on('monitor', (_, args, source) => {
    const isInScript = /lua/.test(source);
    const kind = kindOf(args, isInScript);
    const counts = kinds.get(kind) ?? [0, 0];
    counts[isInScript ? 1 : 0] += 1;
    kinds.set(kind, counts);
  });
  return () => {
    monitor.disconnect();
    return kinds;
  };
}

const servers = await startServers();
const sink = await startSink();
const goalpost = await startGoalpost(servers, sink.port, { name, root: process.env.BASE });
const mongo = await mongoose.createConnection(databaseOf(servers.mongod, name)).asPromise();
const redis = new Redis(servers.redis.url);
try {
  const stage = { api: clientOf(goalpost.url), sink, mongo };
  const streams = (number) => atOnce(number, width, async () => createShow(stage, await fund(stage)));
  await streams(width);
  await setTimeout(restMs);
  const idle = await watch(redis);
  await setTimeout(restMs);
  const whenIdle = idle();
  const begin = performance.now();
  const written = await documentsWritten(mongo);
  const busy = await watch(redis);
  await streams(count);
  await setTimeout(restMs);
  const found = busy();
  const idleTimes = (performance.now() - begin) / restMs;
  const rows = [...found].map(([kind, counts]) => {
    const ofIdle = whenIdle.get(kind) ?? [0, 0];
    return [kind, ...counts.map((one, index) => Math.max(0, one - ofIdle[index] * idleTimes) / count)];
  });
  console.log(
    `${((await documentsWritten(mongo)) - written) / count} documents of MongoDB a stream, those of idle processes included\n`,
  );
  const sum = (index) => rows.reduce((total, row) => total + row[index], 0);
  console.log('| commands of Redis a stream, for | sent | inside scripts |\n| --- | --- | --- |');
  for (const [kind, ...counts] of [...rows.toSorted((a, b) => b[1] - a[1]), ['all', sum(1), sum(2)]])
    if (counts.some((one) => one >= 0.05))
      console.log('|', [kind, ...counts.map((one) => one.toFixed(1))].join(' | '), '|');
} finally {
  redis.disconnect();
  await mongo.close();
  await goalpost.stop();
  sink.close();
  await servers.stop();
}
