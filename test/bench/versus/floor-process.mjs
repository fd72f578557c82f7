/** One run of the floor: 32 goals are at work at once, `batch` of them share each call; prints goals/s and CPU ms a goal. */
import { Redis } from 'ioredis';
import { mongo } from 'mongoose';
import Pusher from 'pusher';

const { mongo: url, redis: redisUrl, sink, goals, batch } = JSON.parse(process.argv[2]);
const inFlight = Math.max(1, 32 / batch);
const jobsOfGoal = 4;
const receiversOfGoal = 7;

const client = await new mongo.MongoClient(url, { maxPoolSize: 32 }).connect();
const db = client.db('floor');
const redis = new Redis(redisUrl, { enableAutoPipelining: true });
const { hostname: host, port } = new URL(sink);
const pusher = new Pusher({ appId: '1', key: 'key', secret: 'secret', host, port });
const each = (items, run) => Promise.all(items.map(run));
const unordered = { ordered: false };

/** Everything that happens for these goals, from the checks to the pushes. */
async function create(shows) {
  const sessionIds = shows.map(({ session }) => session);
  const fundingIds = shows.map(({ funding }) => funding);
  await Promise.all([read('session', sessionIds), read('goal', fundingIds)]);
  await each(shows, ({ funding, goal }) =>
    redis.set(`floor:claim:${funding}`, `${goal}`, 'EX', 60, 'NX', 'GET'),
  );
  for (let job = 0; job < jobsOfGoal; job++) await each(shows, passThroughQueue);
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
  await Promise.all([read('session', sessionIds), read('goal', fundingIds)]);
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
    each(shows, noteReceivers),
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

async function noteReceivers({ goal }) {
  const key = `floor:ledger:${goal}`;
  const notes = Array.from({ length: receiversOfGoal }, (_, index) => redis.hset(key, index, 'done'));
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

const cpu = process.cpuUsage();
const begin = performance.now();
const waiting = [...shows];
await each(Array.from({ length: inFlight }), async () => {
  while (waiting.length > 0) await create(waiting.splice(0, batch));
});
const seconds = (performance.now() - begin) / 1000;
const { user, system } = process.cpuUsage(cpu);
const bound = await db
  .collection('session')
  .countDocuments({ 'pairs.show': { $in: shows.map(({ goal }) => goal) } });
if (bound !== goals) throw new Error(`${bound} of ${goals} are bound`);
console.log(JSON.stringify({ rate: goals / seconds, cpuMs: (user + system) / 1000 / goals }));
await db.dropDatabase();
await client.close();
redis.disconnect();
