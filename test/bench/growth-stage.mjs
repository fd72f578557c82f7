/** What growth and soak run on: the servers of the benchmark, and a sink that tells when a goal's event has come. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { Redis } from 'ioredis';
import mongoose from 'mongoose';
import { clientOf, databaseOf, startGoalpost, startServers } from './stage.mjs';

const id = () => new mongoose.Types.ObjectId().toHexString();
const inAnHour = () => Math.floor(Date.now() / 1000) + 3600;
const levels = [{ target: 1e9 }, { target: 2e9 }];

/** Servers, a sink, and a goalpost of each name with a database of its own. */
export async function startGrowthStages(...names) {
  const servers = await startServers();
  const sink = await startTimedSink();
  const redis = new Redis(servers.redis.url);
  const stages = [];
  for (const name of names) {
    const goalpost = await startGoalpost(servers, sink.port, { name });
    stages.push({
      name,
      mongo: await mongoose.createConnection(databaseOf(servers.mongod, name)).asPromise(),
      redis,
      sink,
      pids: { ...goalpost.pids, mongod: servers.mongod.pid },
      api: clientOf(goalpost.url),
      stop: () => goalpost.stop(),
    });
  }
  return {
    stages,
    stop: async () => {
      redis.disconnect();
      for (const { mongo, stop } of stages) {
        await mongo.close();
        await stop();
      }
      sink.close();
      await servers.stop();
    },
  };
}

/** Takes events as Pusher does. `when` resolves to the time at which an event of a goal came, sooner or later. */
async function startTimedSink() {
  const arrivals = new Map();
  const arrival = (name, goalId) => {
    const key = `${name} ${goalId}`;
    if (!arrivals.has(key)) arrivals.set(key, Promise.withResolvers());
    return arrivals.get(key);
  };
  const awaited = new Set(['goal.added', 'goal.activated']);
  const take = async (request, response) => {
    const body = JSON.parse(await text(request));
    const at = performance.now();
    for (const { name, data } of body.batch ?? [body])
      if (awaited.has(name)) arrival(name, JSON.parse(data).goal_id).resolve(at);
    response.end('{}');
  };
  const server = createServer((request, response) => void take(request, response));
  server.keepAliveTimeout = 60_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: server.address().port,
    close: () => server.close(),
    async when(name, goalId) {
      const at = await arrival(name, goalId).promise;
      arrivals.delete(`${name} ${goalId}`);
      return at;
    },
  };
}

/** A session with a funding goal that is bound and active. */
export async function fund({ api, sink }) {
  const streamer = id();
  const { session_id } = await api(streamer, ['streamer'], 'POST', '/sessions', {});
  const body = { levels, context: { session_id }, exp: inAnHour() };
  const { goal_id } = await api(streamer, ['streamer'], 'POST', '/goals?goal_type=show_funding', body);
  await Promise.all(['goal.added', 'goal.activated'].map((name) => sink.when(name, goal_id)));
  return { streamer, session_id, goal_id };
}

/** Buys a ticket for a funding goal. */
export async function buyTicket({ api }, { goal_id }) {
  const ticket = { source_id: id(), user_id: id(), amount: 1 };
  await api('payments', ['service'], 'POST', `/goals/${goal_id}/contributions`, ticket);
}

/** Creates a show goal; resolves to the milliseconds until the answer, and until screens were told. */
export async function createShow({ api, sink }, { streamer, session_id, goal_id: funding_goal_id }) {
  const begin = performance.now();
  const body = { levels, context: { session_id, funding_goal_id } };
  const { goal_id } = await api(streamer, ['streamer'], 'POST', '/goals?goal_type=show', body);
  const answered = performance.now() - begin;
  return { answered, told: (await sink.when('goal.added', goal_id)) - begin };
}

/** Runs the task so many times, at most so many at a time; resolves to the results. */
export async function atOnce(count, width, task) {
  const results = [];
  let next = 0;
  const lane = async () => {
    while (next < count) results.push(await task(next++));
  };
  await Promise.all(Array.from({ length: width }, lane));
  return results;
}

/** The value below which this share of all values lies. */
export function quantile(values, share) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
