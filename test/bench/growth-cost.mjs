/** What a stream and a ticket cost the stores: commands of Redis and what it keeps, operations of MongoDB and its disk. */
import { atOnce, buyTicket, createShow, fund } from './growth-stage.mjs';

const collections = [
  'goal',
  'goal_request',
  'session',
  'livestream_feed',
  'analytics_event',
  'event_log',
  'goal_contribution',
];

async function countersOf({ redis, mongo }) {
  const info = await redis.info();
  const of = (name) => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)[1]);
  const { opcounters, metrics } = await mongo.db.command({ serverStatus: 1 });
  return {
    'Redis: commands, those in scripts too': of('total_commands_processed'),
    'Redis: bytes kept': of('used_memory'),
    'MongoDB: reads': opcounters.query,
    'MongoDB: documents written': metrics.document.inserted + metrics.document.updated,
  };
}

/** Means over so many runs of the task, 32 at once. */
async function meanCost(stage, runs, task) {
  const before = await countersOf(stage);
  await atOnce(runs, 32, task);
  const after = await countersOf(stage);
  return Object.entries(after).map(([name, value]) => [name, (value - before[name]) / runs]);
}

/** What a stream costs: a session, a funding goal and a show; and then each ticket for a goal of its own. */
export async function costOfStream(stage, streams) {
  const ofStream = await meanCost(stage, streams, async () => {
    await createShow(stage, await fund(stage));
  });
  const late = await atOnce(streams, 16, () => fund(stage));
  const ofTicket = await meanCost(stage, streams, (index) => buyTicket(stage, late[index]));
  const named = (what, rows) => rows.map(([name, value]) => [`${what}: ${name}`, value]);
  return [...named('a stream', ofStream), ...named('a ticket', ofTicket)];
}

/** Bytes of disk a document of each collection takes, compressed, and those of its index entries. */
export async function diskOf({ mongo }) {
  await mongo.db.admin().command({ fsync: 1 });
  const rows = await Promise.all(
    collections.map(async (name) => {
      const { count, storageSize, totalIndexSize } = await mongo.db.command({ collStats: name });
      return [
        [`a document of ${name}: bytes of disk`, storageSize / count],
        [`a document of ${name}: bytes of its index entries`, totalIndexSize / count],
      ];
    }),
  );
  return rows.flat();
}
