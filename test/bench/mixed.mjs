/**
 * Measures an evening: sessions, funding goals and shows are created, contributions counted and voided, goals read and access asked,
 * all at once and in the ratio of docs/scaling.md, by 64 clients, one request at a time each. Prints how many streams a second
 * one api and one worker get through, how long each kind of request takes, and what a stream costs each process. Fails at
 * the first answer that is no success, and if a goal does not count what it was given. ROUNDS and SECONDS change it.
 */
import { setTimeout } from 'node:timers/promises';
import mongoose, { Types } from 'mongoose';
import { Connection } from '../overload/connection.mjs';
import { quantile } from './growth-stage.mjs';
import { cpuMs, databaseOf, sign, startGoalpost, startServers, startSink } from './stage.mjs';

const rounds = Number(process.env.ROUNDS ?? 3);
const seconds = Number(process.env.SECONDS ?? 20);
const clients = 64;
/** What happens for a stream with ten viewers: a viewer joins two channels, reads the goals once and gives three times. */
const ofStream = {
  'open a stream': 1,
  'create the show': 1,
  contribute: 30,
  read: 10,
  'ask for access': 20,
  void: 0.3,
};
/** A stream is bound and active that long after it was accepted. */
const restMs = 2_000;
/** So many of the latest streams are live at a time. */
const mostLive = 1_000;
const firstStreams = 300;
const users = 500;

const id = () => new Types.ObjectId().toHexString();
const levels = [{ target: 1e9 }, { target: 2e9 }];
const isOk = (status) => status >= 200 && status < 300;

/** A client: one connection on which one request at a time is made. */
class Client {
  #answered;

  static async open(port, times) {
    const client = new Client();
    client.times = times;
    client.connection = await Connection.open(port, (status, ms, body) =>
      client.#answered({ status, ms, body }),
    );
    return client;
  }

  /** The answer; throws if it is no success. `kind` is what its time counts for. */
  async ask(kind, token, method, path, body) {
    const text = body === undefined ? '' : JSON.stringify(body);
    const head = [
      `${method} ${path} HTTP/1.1`,
      'host: x',
      `authorization: Bearer ${token}`,
      ...(text ? ['content-type: application/json'] : []),
      `content-length: ${Buffer.byteLength(text)}`,
    ];
    const answer = new Promise((resolve) => (this.#answered = resolve));
    this.connection.send(Buffer.from(`${head.join('\r\n')}\r\n\r\n${text}`));
    const { status, ms, body: answered } = await answer;
    if (!isOk(status)) throw new Error(`${method} ${path}: ${status} ${answered}`);
    this.times.get(kind)?.push(ms);
    return JSON.parse(answered);
  }

  close() {
    this.connection.close();
  }
}

/** The streams so far, and what happens to them. */
class Evening {
  streams = [];
  withoutShow = [];
  /** How many of them are bound and active by now; they become so in their order. */
  rested = 0;
  gifts = [];
  sources = 0;

  constructor(tokens) {
    this.tokens = tokens;
  }

  async 'open a stream'(client, kind) {
    const streamer = await sign(id(), ['streamer']);
    const { session_id } = await client.ask(kind, streamer, 'POST', '/sessions', {});
    const exp = Math.floor(Date.now() / 1000) + 3600;
    const body = { levels, context: { session_id }, exp };
    const { goal_id } = await client.ask(kind, streamer, 'POST', '/goals?goal_type=show_funding', body);
    const stream = { streamer, session_id, goal_id, given: 0, at: performance.now() };
    this.streams.push(stream);
    this.withoutShow.push(stream);
  }

  async 'create the show'(client, kind) {
    const [oldest] = this.withoutShow;
    if (!oldest || oldest.at > performance.now() - restMs) return;
    this.withoutShow.shift();
    const { streamer, session_id, goal_id: funding_goal_id } = oldest;
    const body = { levels, context: { session_id, funding_goal_id } };
    await client.ask(kind, streamer, 'POST', '/goals?goal_type=show', body);
  }

  async contribute(client, kind) {
    const stream = this.some();
    const number = this.sources++;
    const gift = { source_id: `gift-${number}`, user_id: `user-${number % users}`, amount: 1 };
    await client.ask(kind, this.tokens.service, 'POST', `/goals/${stream.goal_id}/contributions`, gift);
    stream.given += 1;
    this.gifts.push({ stream, source_id: gift.source_id });
  }

  async read(client, kind) {
    await client.ask(kind, this.tokens.viewer, 'GET', `/sessions/${this.some().session_id}/goals`);
  }

  async 'ask for access'(client, kind) {
    const user = `user-${Math.floor(Math.random() * users)}`;
    await client.ask(kind, this.tokens.service, 'GET', `/goals/${this.some().goal_id}/access/${user}`);
  }

  async void(client, kind) {
    const gift = this.gifts.splice(Math.floor(Math.random() * this.gifts.length), 1)[0];
    if (!gift) return;
    const path = `/goals/${gift.stream.goal_id}/contributions/${gift.source_id}/void`;
    await client.ask(kind, this.tokens.service, 'POST', path);
    gift.stream.given -= 1;
  }

  /** A stream that is live. */
  some() {
    const restedAt = performance.now() - restMs;
    while (this.streams[this.rested]?.at < restedAt) this.rested += 1;
    return this.streams[this.rested - 1 - Math.floor(Math.random() * Math.min(mostLive, this.rested))];
  }
}

const weight = Object.values(ofStream).reduce((total, one) => total + one, 0);

function someKind() {
  let left = Math.random() * weight;
  return Object.entries(ofStream).find(([, share]) => (left -= share) < 0)[0];
}

const servers = await startServers();
const sink = await startSink();
const name = 'mixed';
const goalpost = await startGoalpost(servers, sink.port, { name, env: { RATE_LIMIT: 'off' } });
const mongo = await mongoose.createConnection(databaseOf(servers.mongod, name)).asPromise();
const pids = { ...goalpost.pids, mongod: servers.mongod.pid, redis: servers.redis.pid };
const cpu = () => Object.fromEntries(Object.entries(pids).map(([app, pid]) => [app, cpuMs(pid)]));
try {
  const tokens = {
    viewer: await sign('viewer', []),
    service: await sign('payments', ['service']),
  };
  const evening = new Evening(tokens);
  const port = Number(new URL(goalpost.url).port);
  const times = new Map();
  const all = await Promise.all(Array.from({ length: clients }, () => Client.open(port, times)));
  await Promise.all(
    all.map(async (client) => {
      while (evening.streams.length < firstStreams) await evening['open a stream'](client);
    }),
  );
  await setTimeout(2 * restMs);
  console.log(
    `| an evening, ${rounds} rounds of ${seconds} s | figure | of each round |\n| --- | --- | --- |`,
  );
  const figures = new Map();
  const note = (figure, value) => figures.set(figure, [...(figures.get(figure) ?? []), value]);
  for (let round = 0; round <= rounds; round += 1) {
    for (const kind of Object.keys(ofStream)) times.set(kind, []);
    const before = cpu();
    const begin = performance.now();
    const end = begin + seconds * 1000;
    await Promise.all(
      all.map(async (client) => {
        while (performance.now() < end) {
          const kind = someKind();
          await evening[kind](client, kind);
        }
      }),
    );
    const took = (performance.now() - begin) / 1000;
    const after = cpu();
    // The first round compiles what is hot.
    if (round === 0) continue;
    const requests = [...times.values()].flat().length;
    const streams = times.get('contribute').length / ofStream.contribute;
    note('streams a second', streams / took);
    note('requests a second', requests / took);
    for (const [kind, ms] of times)
      for (const part of [0.5, 0.95]) note(`${kind}: ms, p${part * 100}`, quantile(ms, part));
    for (const app of Object.keys(pids))
      note(`CPU ms a stream: ${app}`, (after[app] - before[app]) / streams);
  }
  for (const [figure, values] of figures)
    console.log(
      `| an evening | ${figure} | ${values.map((value) => value.toFixed(value < 10 ? 2 : 0)).join(' / ')} |`,
    );
  // Every goal counts what it was given, before its show or late.
  const stored = await mongo.collection('goal').find({ _cls: 'ShowFundingGoal' }).toArray();
  const progress = new Map(stored.map((goal) => [goal._id.toHexString(), goal.progress + goal.late_tickets]));
  const wrong = evening.streams.filter(({ goal_id, given }) => progress.get(goal_id) !== given);
  if (wrong.length > 0) throw new Error(`${wrong.length} goals do not count what they were given`);
  console.log(
    `\n${evening.streams.length} streams, ${evening.sources} contributions: each goal counts what it was given`,
  );
  for (const client of all) client.close();
} finally {
  await mongo.close();
  await goalpost.stop();
  sink.close();
  await servers.stop();
}
