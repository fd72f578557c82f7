/**
 * Measures how many answers about access one api gives in a second, and the processor time of the api for one, to services that ask about viewers with tickets, with grants and with
 * neither, over so many shows. ROUNDS, SECONDS, CLIENTS and SHOWS change it; PROFILE names a folder for profiles.
 */
import { createHash } from 'node:crypto';
import { loadavg } from 'node:os';
import { Types } from 'mongoose';
import { Connection } from '../overload/connection.mjs';
import { createShow, fund } from './measures.mjs';
import { cpuMs, startStage } from './stage.mjs';

const rounds = Number(process.env.ROUNDS ?? 3);
const seconds = Number(process.env.SECONDS ?? 5);
const clients = Number(process.env.CLIENTS ?? 128);
const shows = Number(process.env.SHOWS ?? 10);
const warmUpSeconds = 10;
const viewers = 1_000;
const services = 4;
const id = () => new Types.ObjectId().toHexString();

/** Shows, each with viewers of whom every third has a ticket, every third a grant, and the others neither. */
async function fill(stage) {
  const questions = [];
  for (let show = 0; show < shows; show++) {
    const funded = await fund(stage);
    const { goal_id: showId } = await createShow(stage, funded);
    const goal_id = new Types.ObjectId(funded.goal_id);
    const users = Array.from({ length: viewers }, id);
    const kindOf = (index) => ['ticket', 'grant', null][index % 3];
    const having = (kind) => users.filter((_, index) => kindOf(index) === kind);
    const at = new Date();
    await stage.mongo.collection('goal_contribution').insertMany(
      having('ticket').map((user_id, index) => ({
        goal_id,
        source_id: `ticket-${index}`,
        user_id,
        amount: 1,
        created_at: at,
      })),
    );
    await stage.mongo.collection('access_rule').insertMany(
      having('grant').map((user_id) => ({
        _id: ruleId(funded.goal_id, user_id),
        goal_id,
        user_id,
        allowed: true,
        reason: null,
        changed_by: funded.streamer,
        changed_at: at,
        revision: 1,
      })),
    );
    users.forEach((user, index) =>
      questions.push({ goal: index % 2 ? showId : funded.goal_id, user, via: kindOf(index) }),
    );
  }
  return questions;
}

/** The id that the service gives to the rule of a user and a goal. */
const ruleId = (goalId, userId) =>
  new Types.ObjectId(
    createHash('sha256').update(['access_rule', goalId, userId].join('\n')).digest('hex').slice(0, 24),
  );

async function requestsOf(stage, questions) {
  const tokens = await Promise.all(Array.from({ length: services }, () => stage.token(id(), ['service'])));
  return questions.map(({ goal, user, via }, index) => ({
    via: JSON.stringify(via),
    bytes: Buffer.from(
      `GET /goals/${goal}/access/${user} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${tokens[index % services]}\r\n\r\n`,
    ),
  }));
}

/** Asks for some seconds, on every connection one question at a time; fails at the first wrong answer. */
async function ask(port, requests, forSeconds = seconds) {
  const times = [];
  const end = performance.now() + forSeconds * 1000;
  let at = Math.floor(Math.random() * requests.length);
  const begin = performance.now();
  await Promise.all(
    Array.from({ length: clients }, async () => {
      let asked;
      let answered;
      const connection = await Connection.open(port, (status, ms, body) => {
        times.push(ms);
        const isRight = status === 200 && body.includes(`"via":${asked.via}`);
        answered(isRight ? undefined : new Error(`${status} ${body}, not via ${asked.via}`));
      });
      while (performance.now() < end) {
        asked = requests[at++ % requests.length];
        const answer = new Promise((resolve) => (answered = resolve));
        connection.send(asked.bytes);
        const fault = await answer;
        if (fault) throw fault;
      }
      connection.close();
    }),
  );
  const took = (performance.now() - begin) / 1000;
  const sorted = times.toSorted((one, other) => one - other);
  const quantile = (part) => sorted[Math.floor(part * sorted.length)];
  return { answers: times.length, rate: times.length / took, p50: quantile(0.5), p99: quantile(0.99) };
}

const stage = await startStage();
try {
  const requests = await requestsOf(stage, await fill(stage));
  const { port } = new URL(stage.url);
  // Until V8 has compiled what is hot.
  await ask(Number(port), requests, warmUpSeconds);
  console.log('| round | answers/s | p50 ms | p99 ms | CPU ms of the api for one | load of the machine |');
  console.log('| --- | --- | --- | --- | --- | --- |');
  for (let round = 1; round <= rounds; round++) {
    const before = cpuMs(stage.pids.api);
    const { answers, rate, p50, p99 } = await ask(Number(port), requests);
    const cpu = (cpuMs(stage.pids.api) - before) / answers;
    const figures = [
      Math.round(rate),
      p50.toFixed(1),
      p99.toFixed(1),
      cpu.toFixed(3),
      loadavg()[0].toFixed(1),
    ];
    console.log('|', [round, ...figures].join(' | '), '|');
  }
} finally {
  await stage.stop();
}
