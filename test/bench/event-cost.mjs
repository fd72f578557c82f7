/**
 * Measures what the event log and a webhook cost: show goals a second, from the first request to the last feed entry and push, without the event log, with it,
 * and with it and one webhook that takes every event, in turn on the same servers. ROUNDS and COUNT change the rest.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import mongoose from 'mongoose';
import { create } from './measures.mjs';
import { clientOf, databaseOf, startGoalpost, startServers, startSink } from './stage.mjs';

const rounds = Number(process.env.ROUNDS ?? 3);
const count = Number(process.env.COUNT ?? 500);

/** Takes what webhooks send. */
async function startReceiver() {
  const server = createServer((request, response) => {
    request.resume().once('end', () => response.end());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

async function startSide(servers, name, env) {
  const sink = await startSink();
  const goalpost = await startGoalpost(servers, sink.port, { name: name.replaceAll(' ', '-'), env });
  const database = databaseOf(servers.mongod, name.replaceAll(' ', '-'));
  const mongo = await mongoose.createConnection(database).asPromise();
  return {
    name,
    sink,
    mongo,
    api: clientOf(goalpost.url),
    async stop() {
      await mongo.close();
      await goalpost.stop();
      sink.close();
    },
  };
}

const servers = await startServers();
const receiver = await startReceiver();
const sides = [];
try {
  const allowed = `127.0.0.1:${receiver.address().port}`;
  sides.push(await startSide(servers, 'neither', { EVENT_LOG_DAYS: '0' }));
  sides.push(await startSide(servers, 'event log', {}));
  const both = await startSide(servers, 'event log and webhook', { WEBHOOK_ALLOW: allowed });
  sides.push(both);
  await both.api('operator', ['admin'], 'POST', '/webhooks', { url: `http://${allowed}/hook` });
  for (const side of sides) await create(side, count);
  console.log(`| show goals a second with, ${rounds} rounds in turn | min | median | max |`);
  console.log('| --- | --- | --- | --- |');
  const found = sides.map(() => []);
  for (let round = 0; round < rounds; round++)
    for (const [index, side] of sides.entries()) found[index].push(await create(side, count));
  for (const [index, { name }] of sides.entries()) {
    const sorted = found[index].map(Math.round).toSorted((a, b) => a - b);
    console.log('|', [name, sorted[0], sorted[Math.floor(rounds / 2)], sorted.at(-1)].join(' | '), '|');
  }
} finally {
  for (const side of sides) await side.stop();
  receiver.closeAllConnections();
  receiver.close();
  await servers.stop();
}
