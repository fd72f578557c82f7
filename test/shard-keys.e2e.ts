import { newId, toObjectId } from '#platform';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { type Connection, createConnection, mongo } from 'mongoose';
import { timedBody, until } from './client.js';
import { environmentOf } from './process.js';
import { useService } from './service.js';
import { takeCommandFaults } from './sharding/command-faults.js';
import shardKeys from './sharding/shard-keys.json' with { type: 'json' };

type Table = Record<string, { key?: Record<string, unknown>; unsharded?: string }>;
const table: Table = shardKeys;

const run = promisify(execFile);

describe('collections that may be sharded', () => {
  const service = useService();

  beforeAll(async () => {
    const streamer = service.client();
    const sessionId = await streamer.openSession();
    const goalId = await streamer.createGoal('karaoke', timedBody(sessionId));
    await until(async () => (await streamer.session(sessionId)).karaoke_goal === goalId);
  });

  it('are all that there are, each with its key', async () => {
    const collections = await service.mongo.listCollections();
    const names = collections.map(({ name }) => name).filter((name) => !name.startsWith('system.'));
    expect(names.length).toBeGreaterThan(5);
    expect(names.filter((name) => !Object.hasOwn(table, name))).toEqual([]);
  });

  it('have no unique index but those that MongoDB allows there, and goal has none at all', async () => {
    const uniques: Record<string, string[][]> = {};
    for (const [name, { key }] of Object.entries(table)) {
      if (!key) continue;
      const indexes = await service.mongo
        .collection(name)
        .listIndexes()
        .toArray()
        .catch(() => []);
      uniques[name] = indexes
        .filter(({ unique }) => unique === true)
        .map(({ key: fields }) => Object.keys(fields as object));
      const shardKey = Object.keys(key);
      for (const fields of uniques[name])
        expect([name, fields.slice(0, shardKey.length)]).toEqual([name, shardKey]);
    }
    expect(uniques.goal).toEqual([]);
    expect(uniques.goal_contribution).toEqual([['goal_id', 'source_id']]);
  });
});

describe('a command that no sharded cluster would take', () => {
  const service = useService({}, { apps: [] });
  /** A connection as goalpost has it, to a database of its own. */
  let connection: Connection;
  const database = `probe-${newId()}`;

  beforeAll(async () => {
    const url = new URL(service.config.mongo.url);
    url.pathname = `/${database}`;
    connection = await createConnection(url.href).asPromise();
  });
  afterAll(async () => {
    await connection.dropDatabase();
    await connection.close();
  });

  const goals = () => connection.collection<Record<string, unknown>>('goal');
  const contributions = () => connection.collection<Record<string, unknown>>('goal_contribution');
  const _id = toObjectId(newId());
  const noKey = 'changes one document without the shard key';

  it.each<[string, () => Promise<unknown>, object]>([
    ['updateOne', () => goals().updateOne({ status: 'active' }, { $set: { a: 1 } }), { fault: noKey }],
    [
      'updateOne with a range',
      () => goals().updateOne({ _id: { $gt: _id } }, { $set: { a: 1 } }),
      { fault: noKey },
    ],
    [
      'updateOne with one of several',
      () => goals().updateOne({ _id: { $in: [_id] } }, { $set: { a: 1 } }),
      { fault: noKey },
    ],
    [
      'one update of a bulk',
      () => goals().bulkWrite([{ updateOne: { filter: { a: 1 }, update: { $set: { a: 1 } } } }]),
      { command: 'update', fault: noKey },
    ],
    [
      'an upsert',
      () => goals().updateMany({ a: 1 }, { $set: { a: 2 } }, { upsert: true }),
      { command: 'update', fault: noKey },
    ],
    ['deleteOne', () => goals().deleteOne({ a: 1 }), { command: 'delete', fault: noKey }],
    [
      'findOneAndUpdate with half of the key',
      () => contributions().findOneAndUpdate({ goal_id: _id }, { $set: { a: 1 } }),
      { command: 'findAndModify', fields: ['goal_id'], fault: noKey },
    ],
    ['replaceOne', () => goals().replaceOne({ a: 1 }, { b: 1 }), { command: 'update', fault: noKey }],
    [
      'a change of the key',
      () => contributions().updateOne({ goal_id: _id, source_id: 'a' }, { $set: { source_id: 'b' } }),
      { fault: 'changes the shard key' },
    ],
    [
      'an insert without the key',
      () => contributions().insertOne({ goal_id: _id }),
      { command: 'insert', fault: 'inserts a document without the shard key' },
    ],
    [
      'updateMany of all shards',
      () => goals().updateMany({ status: 'active' }, { $set: { a: 1 } }),
      { fault: 'asks all shards' },
    ],
    [
      'a find that is not listed',
      () => goals().findOne({ level: 7 }),
      { fields: ['level'], fault: 'asks all shards' },
    ],
    [
      'an aggregation that is not listed',
      () => contributions().countDocuments({ user_id: 'u' }),
      { command: 'aggregate', fault: 'asks all shards' },
    ],
    [
      'one of several branches without the key',
      () => contributions().findOne({ $or: [{ goal_id: _id }, { user_id: 'u' }] }),
      { fault: 'asks all shards' },
    ],
    [
      'a collection without a key',
      () => connection.collection('unheard_of').findOne({ _id }),
      { fault: 'is of a collection without a shard key in shard-keys.json' },
    ],
    [
      'distinct in a transaction',
      () => connection.transaction((session) => goals().distinct('a', { _id }, { session })),
      { fault: 'is refused in a transaction' },
    ],
  ])('is noted: %s', async (_, command, fault) => {
    await command();
    expect(await takeCommandFaults(database)).toMatchObject([fault]);
  });

  it.each<[string, () => Promise<unknown>]>([
    ['by its id', () => goals().updateOne({ _id, status: 'active' }, { $set: { a: 1 } })],
    ['by an id among conditions', () => goals().updateOne({ $and: [{ a: 1 }, { _id }] }, { $set: { a: 1 } })],
    ['by the whole key', () => contributions().deleteOne({ goal_id: _id, source_id: 'a' })],
    ['by the begin of the key, for a read', () => contributions().findOne({ goal_id: _id, user_id: 'u' })],
    ['by several ids, for many', () => goals().updateMany({ _id: { $in: [_id] } }, { $set: { a: 1 } })],
    ['as it is listed', () => goals().find({ 'conditions.session_id': 's' }).toArray()],
  ])('is none that finds its documents %s', async (_, command) => {
    await command();
    expect(await takeCommandFaults(database)).toEqual([]);
  });

  it('is noted in a process that a test starts', async () => {
    const script = `
      import { createConnection } from 'mongoose';
      const connection = await createConnection(process.env.MONGO_URL).asPromise();
      await connection.collection('goal').deleteOne({ level: 7 });
      await connection.close();`;
    await run(process.execPath, ['--input-type=module', '-e', script], { env: environmentOf(service) });
    expect(await takeCommandFaults(service.prefix)).toMatchObject([{ command: 'delete', fields: ['level'] }]);
  });

  it('is none of the tests themselves', async () => {
    await service.mongo.collection('goal').deleteOne({ level: 7 });
    expect(await takeCommandFaults(service.prefix)).toEqual([]);
    expect(new mongo.MongoClient(service.config.mongo.url).options.appName).not.toBe(service.appName);
  });
});
