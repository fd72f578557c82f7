/**
 * One run of the floor. Prints goals/s and CPU ms a goal of 32 that are at work at once, where `batch` of them share each call; with a
 * `rate` a second, one at a time, the milliseconds until each is bound.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { mongo } from 'mongoose';
import Pusher from 'pusher';

const { mongo: url, redis: redisUrl, sink, goals, batch, rate } = JSON.parse(process.argv[2]);
const inFlight = Math.max(1, 32 / batch);
const jobsOfGoal = 2;
const handlersOfGoal = 7;

const client = await new mongo.MongoClient(url, { maxPoolSize: 32 }).connect();
const db = client.db('floor');
const redis = new Redis(redisUrl, { enableAutoPipelining: true });
const { hostname: host, port } = new URL(sink);
const pusher = new Pusher({ appId: '1', key: 'key', secret: 'secret', host, port });
const each = (items, run) => Promise.all(items.map(run));
const unordered = { ordered: false };

/** Everything that happens for these goals, from the checks to the pushes. */
async function create(shows) {
  await bind(shows);
  await tell(shows);
}

/** The first half: what has to be done one after the other until a goal is bound. */
async function bind(shows) {
  const sessionIds = shows.map(({ session }) => session);
  const fundingIds = shows.map(({ funding }) => funding);
  await Promise.all([read('session', sessionIds), read('goal', fundingIds)]);
  await each(shows, ({ funding, goal }) =>
    redis.set(`floor:claim:${funding}`, `${goal}`, 'EX', 60, 'NX', 'GET'),
  );
  await each(shows, passThroughQueue);
  await insert(
    'goal',
    shows.map(({ goal, session }) => ({ _id: goal, _cls: 'ShowGoal', session, active: true })),
  );
  await Promise.all([
    update(
      'goal',
      shows.map(({ funding, goal }) => [{ _id: funding, show: null }, { $set: { show: goal } }]),
    ),
    update(
      'session',
      shows.map(({ session, goal }) => [
        { _id: session, 'pairs.show': null },
        { $set: { 'pairs.$.show': goal } },
      ]),
    ),
  ]);
}

/** The second half: everybody is told of a goal that is bound. */
async function tell(shows) {
  const sessionIds = shows.map(({ session }) => session);
  const fundingIds = shows.map(({ funding }) => funding);
  await Promise.all([read('session', sessionIds), read('goal', fundingIds)]);
  for (let job = 1; job < jobsOfGoal; job++) await each(shows, passThroughQueue);
  await Promise.all([
    insert(
      'feed',
      shows.map(({ session, goal }) => ({ session, goal, type: 'goal.added' })),
    ),
    insert(
      'track',
      shows.map(({ goal }) => ({ goal, event: 'goal.created' })),
    ),
    read('owner', fundingIds),
    each(shows, noteHandlers),
  ]);
  const news = shows.flatMap(({ goal }) =>
    ['goal.added', 'stream.authorized'].map((name) => push(name, goal)),
  );
  for (let begin = 0; begin < news.length; begin += 10) {
    const answer = await pusher.triggerBatch(news.slice(begin, begin + 10));
    await answer.text();
  }
}

const push = (name, goal) => ({
  channel: 'private-stream@floor',
  name,
  data: JSON.stringify({ goal_id: goal }),
});
const read = (name, ids) =>
  db
    .collection(name)
    .find({ _id: { $in: ids } })
    .toArray();
const insert = (name, documents) => db.collection(name).insertMany(documents, unordered);
const update = (name, changes) =>
  db.collection(name).bulkWrite(
    changes.map(([filter, change]) => ({ updateOne: { filter, update: change } })),
    unordered,
  );

async function passThroughQueue({ goal }) {
  const id = `${goal}`;
  await Promise.all([redis.hset(`floor:job:${id}`, 'data', id), redis.lpush('floor:waiting', id)]);
  const taken = await redis.rpoplpush('floor:waiting', 'floor:active');
  await Promise.all([redis.lrem('floor:active', 1, taken), redis.del(`floor:job:${taken}`)]);
}

async function noteHandlers({ goal }) {
  const key = `floor:ledger:${goal}`;
  const notes = Array.from({ length: handlersOfGoal }, (_, index) => redis.hset(key, index, 'done'));
  await Promise.all([redis.hkeys(key), ...notes, redis.expire(key, 60)]);
}

const shows = Array.from({ length: goals }, () => ({
  goal: new mongo.ObjectId(),
  funding: new mongo.ObjectId(),
  session: new mongo.ObjectId(),
}));
await insert(
  'session',
  shows.map(({ session, funding }) => ({ _id: session, pairs: [{ funding, show: null }] })),
);
await insert(
  'goal',
  shows.map(({ funding }) => ({ _id: funding, _cls: 'ShowFundingGoal', show: null })),
);

/** All of them as fast as it goes. */
async function closedLoop() {
  const cpu = process.cpuUsage();
  const begin = performance.now();
  const waiting = [...shows];
  await each(Array.from({ length: inFlight }), async () => {
    while (waiting.length > 0) await create(waiting.splice(0, batch));
  });
  const seconds = (performance.now() - begin) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return { rate: goals / seconds, cpuMs: (user + system) / 1000 / goals };
}

/** One at a time, so many a second. */
async function steadily() {
  const times = [];
  const told = [];
  for (const [index, show] of shows.entries()) {
    await wait(Math.max(0, (index * 1000) / rate - performance.now() + begun));
    const begin = performance.now();
    await bind([show]);
    times.push(performance.now() - begin);
    told.push(tell([show]));
  }
  await Promise.all(told);
  return { times };
}

const begun = performance.now();
const figures = await (rate ? steadily() : closedLoop());
const bound = await db
  .collection('session')
  .countDocuments({ 'pairs.show': { $in: shows.map(({ goal }) => goal) } });
if (bound !== goals) throw new Error(`${bound} of ${goals} are bound`);
console.log(JSON.stringify(figures));
await db.dropDatabase();
await client.close();
redis.disconnect();
