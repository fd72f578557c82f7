/**
 * Measures contributions: how many of them an api takes in a second, how many a second with all their effects done (the last
 * goal.progressed of each goal shows what is stored), and what one costs the api and the worker. BASE names another checkout,
 * built, that is measured in turn; PROCESSES is how many apis and workers there are of each, ROUNDS, COUNT, GOALS and CLIENTS change the rest.
 */
import { Redis } from 'ioredis';
import mongoose, { Types } from 'mongoose';
import { Connection } from '../overload/connection.mjs';
import { fund } from './measures.mjs';
import {
  clientOf,
  cpuMs,
  databaseOf,
  documentsWritten,
  sign,
  startGoalpost,
  startServers,
  startSink,
  until,
} from './stage.mjs';

const rounds = Number(process.env.ROUNDS ?? 3);
const count = Number(process.env.COUNT ?? 10_000);
const goals = Number(process.env.GOALS ?? 1_000);
const processes = Number(process.env.PROCESSES ?? 1);
const cases = [
  { name: `${goals} goals, 64 clients`, goals, clients: 64 },
  { name: 'one goal, 100 clients', goals: 1, clients: 100 },
];

/** A checkout under load: its processes, its goals, and how far its screens say that they are. */
async function startSide(servers, name, root) {
  const shown = new Map();
  const sink = await startSink(({ name: event, data }) => {
    if (event !== 'goal.progressed') return;
    const { goal_id, progress } = JSON.parse(data);
    shown.set(goal_id, Math.max(shown.get(goal_id) ?? 0, progress));
  });
  const goalpost = await startGoalpost(servers, sink.port, { name, root, processes });
  const mongo = await mongoose.createConnection(databaseOf(servers.mongod, name)).asPromise();
  const side = { name, shown, mongo, urls: goalpost.urls, pids: goalpost.pids, api: clientOf(goalpost.url) };
  side.goalIds = [];
  let begun = 0;
  await Promise.all(
    Array.from({ length: 16 }, async () => {
      while (begun++ < goals) side.goalIds.push((await fund(side)).goal_id);
    }),
  );
  side.stop = async () => {
    await mongo.close();
    await goalpost.stop();
    sink.close();
  };
  return side;
}

const bearer = await sign('payments', ['service']);
let sources = 0;

function requestFor(goalId) {
  const body = JSON.stringify({
    source_id: `gift-${sources++}`,
    user_id: `user-${sources % 500}`,
    amount: 1,
  });
  const head = [
    `POST /goals/${goalId}/contributions HTTP/1.1`,
    'host: x',
    `authorization: Bearer ${bearer}`,
    'content-type: application/json',
    `content-length: ${body.length}`,
  ];
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`);
}

/** Sends contributions, one at a time on each connection. Fails at the first that is not new. */
async function send({ urls }, goalIds, clients) {
  let begun = 0;
  await Promise.all(
    Array.from({ length: clients }, async (_, client) => {
      let answered;
      const connection = await Connection.open(
        Number(new URL(urls[client % urls.length]).port),
        (status, _ms, body) => answered(status === 201 ? undefined : new Error(`${status} ${body}`)),
      );
      while (begun++ < count) {
        const answer = new Promise((resolve) => (answered = resolve));
        connection.send(requestFor(goalIds[Math.floor(Math.random() * goalIds.length)]));
        const fault = await answer;
        if (fault) throw fault;
      }
      connection.close();
    }),
  );
}

async function stored({ mongo }, goalIds) {
  const found = await mongo
    .collection('goal')
    .find({ _id: { $in: goalIds.map((id) => new Types.ObjectId(id)) } }, { projection: { progress: 1 } })
    .toArray();
  return new Map(found.map(({ _id, progress }) => [_id.toHexString(), progress]));
}

async function measure(side, { goals: many, clients }) {
  const goalIds = many === 1 ? side.goalIds.slice(-1) : side.goalIds;
  const before = cpu(side);
  const conflictsBefore = await conflicts(side);
  const commandsBefore = await commands(side);
  const begin = performance.now();
  await send(side, goalIds, clients);
  const taken = performance.now() - begin;
  const progress = await stored(side, goalIds);
  await until(() => [...progress].every(([goalId, value]) => (side.shown.get(goalId) ?? 0) >= value));
  const done = performance.now() - begin;
  const after = await commands(side);
  const [redis, mongo, documents] = ['redis', 'mongo', 'documents'].map(
    (figure) => after[figure] - commandsBefore[figure],
  );
  const cpuAfter = cpu(side);
  return {
    'a second': (count / taken) * 1000,
    'a second, with all effects': (count / done) * 1000,
    ...Object.fromEntries(
      Object.entries(cpuAfter).map(([name, ms]) => [
        `CPU us of ${name}`,
        ((ms - before[name]) * 1000) / count,
      ]),
    ),
    conflicts: (await conflicts(side)) - conflictsBefore,
    'Redis commands, 1,000 of them': (redis * 1000) / count,
    'MongoDB commands, 1,000 of them': (mongo * 1000) / count,
    'MongoDB documents written, 1,000 of them': (documents * 1000) / count,
  };
}

/** Milliseconds of processor time of each process; the servers serve the other side, too, which is idle meanwhile. */
function cpu({ pids }) {
  const measured = {
    'the api': pids.api,
    'the worker': pids.worker,
    mongod: servers.mongod.pid,
    Redis: servers.redis.pid,
  };
  return Object.fromEntries(Object.entries(measured).map(([name, pid]) => [name, cpuMs(pid)]));
}

/** How many commands the stores have got, those inside scripts of Redis included, and how many documents were written. */
async function commands({ mongo }) {
  const stats = await redis.info('commandstats');
  const calls = [...stats.matchAll(/calls=(\d+)/g)].map(([, called]) => Number(called));
  const { opcounters } = await mongo.db.admin().command({ serverStatus: 1 });
  return {
    redis: calls.reduce((total, one) => total + one, 0),
    mongo: Object.values(opcounters).reduce((total, one) => total + one, 0),
    documents: await documentsWritten(mongo),
  };
}

/** How many transactions were tried again, by all apis; 0 for a release that does not count them. */
async function conflicts({ urls }) {
  const texts = await Promise.all(urls.map(async (url) => (await fetch(`${url}/metrics`)).text()));
  const counts = texts.map((text) => /^goalpost_contribution_conflicts_total (\d+)/m.exec(text)?.[1] ?? 0);
  return counts.reduce((total, one) => total + Number(one), 0);
}

const servers = await startServers();
const redis = new Redis(servers.redis.url);
const sides = [];
try {
  if (process.env.BASE) sides.push(await startSide(servers, 'base', process.env.BASE));
  sides.push(await startSide(servers, 'this', '.'));
  // Until V8 has compiled what is hot.
  for (const side of sides) await measure(side, cases[0]);
  console.log(`| contributions, ${rounds} rounds in turn | figure | of | min | median | max |`);
  console.log('| --- | --- | --- | --- | --- | --- |');
  for (const one of cases) {
    const figures = new Map(sides.map(({ name }) => [name, []]));
    for (let round = 0; round < rounds; round++)
      for (const side of sides) figures.get(side.name).push(await measure(side, one));
    for (const figure of Object.keys(figures.get('this')[0]))
      for (const [name, found] of figures) {
        const sorted = found.map((values) => Math.round(values[figure])).toSorted((a, b) => a - b);
        const [min, median, max] = [sorted[0], sorted[Math.floor(rounds / 2)], sorted.at(-1)];
        console.log('|', [one.name, figure, name, min, median, max].join(' | '), '|');
      }
  }
} finally {
  for (const side of sides) await side.stop();
  redis.disconnect();
  await servers.stop();
}
