/**
 * Asks for ten times as many goals as the service can take, and holds it to its promises meanwhile: every answer is 202, 429
 * or 503 and comes within two seconds, memory is bounded, and all that was accepted ends bound. SECONDS and TIMES change it.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { Types } from 'mongoose';
import { startStage, until } from '../bench/stage.mjs';
import { Connection } from './connection.mjs';
import { residentMb, Tally } from './tally.mjs';

const seconds = Number(process.env.SECONDS ?? 60);
const times = Number(process.env.TIMES ?? 10);
const connections = 3000;
const sessions = 300;
const tickMs = 10;
const mostMs = 2000;
const mostMb = 1024;

/** Bytes of a request for a goal, of a session and streamer of its own each. */
async function requestsOf(stage) {
  return Promise.all(
    Array.from({ length: sessions }, async () => {
      const streamer = new Types.ObjectId().toHexString();
      const { session_id } = await stage.api(streamer, ['streamer'], 'POST', '/sessions', {});
      const exp = Math.floor(Date.now() / 1000) + 3600;
      const body = JSON.stringify({ levels: [{ target: 50 }], context: { session_id }, exp });
      return Buffer.from(
        `POST /goals?goal_type=show_funding HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${await stage.token(streamer, ['streamer'])}\r\n` +
          `content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
      );
    }),
  );
}

/** Sends at a rate for a time, wherever a connection is idle; resolves once all is answered. */
async function load(port, requests, { rate, clients, forSeconds, tally, each }) {
  let sent = 0;
  const idle = [];
  const open = [];
  while (open.length < clients) {
    const one = await Connection.open(port, (status, ms, body) => {
      tally.take(status, ms, body);
      idle.push(one);
    });
    open.push(one);
    idle.push(one);
  }
  const begin = performance.now();
  while (performance.now() - begin < forSeconds * 1000) {
    const due = ((performance.now() - begin) / 1000) * rate;
    while (sent < due && idle.length > 0) idle.shift().send(requests[sent++ % requests.length]);
    each?.();
    await wait(tickMs);
  }
  await until(() => open.every(({ isIdle }) => isIdle));
  for (const one of open) one.close();
  return tally.count / ((performance.now() - begin) / 1000);
}

/** How many of the accepted goals are not in a pair of their session. */
async function unbound({ mongo }, accepted) {
  const bound = await mongo.collection('session').distinct('show_goal_pairs.funding_goal');
  const ids = new Set(bound.map(String));
  return accepted.filter((id) => !ids.has(id)).length;
}

const stage = await startStage();
const faults = [];
try {
  const port = Number(new URL(stage.url).port);
  const requests = await requestsOf(stage);
  const warm = new Tally();
  const capacity = await load(port, requests, { rate: Infinity, clients: 32, forSeconds: 3, tally: warm });
  const tally = new Tally();
  let peakMb = 0;
  const each = () => (peakMb = Math.max(peakMb, residentMb(stage.pids.api)));
  const rate = capacity * times;
  const answered = await load(port, requests, {
    rate,
    clients: connections,
    forSeconds: seconds,
    tally,
    each,
  });
  const accepted = [...warm.accepted, ...tally.accepted];
  await until(async () => (await unbound(stage, accepted)) === 0, 600_000).catch(() =>
    faults.push('accepted goals are not bound'),
  );

  for (const status of tally.statuses.keys())
    if (![202, 429, 503].includes(status)) faults.push(`${tally.statuses.get(status)} answers ${status}`);
  if (tally.within(1) > mostMs) faults.push(`an answer took ${tally.within(1)} ms`);
  if (peakMb > mostMb) faults.push(`the api took ${peakMb} MB`);
  console.log(`it takes ${Math.round(capacity)} goals a second of 32 clients`);
  console.log(
    `asked for ${Math.round(rate)} a second by ${connections} connections for ${seconds} s, it answered ${Math.round(answered)}:`,
  );
  for (const [status, count] of [...tally.statuses].toSorted(([a], [b]) => a - b))
    console.log(`  ${status}: ${count}`);
  console.log(
    `  half within ${tally.within(0.5)} ms, 99% within ${tally.within(0.99)} ms, all within ${tally.within(1)} ms`,
  );
  console.log(`  the api held ${peakMb} MB at most; ${accepted.length} accepted goals are bound`);
} finally {
  await stage.stop();
}
for (const fault of faults) console.error(`FAULT: ${fault}`);
process.exit(faults.length === 0 ? 0 : 1);
