/**
 * Watches every command that goalpost sends to MongoDB, in the process of the tests and in those that they start, and notes
 * each that a sharded cluster would refuse, or would have to ask all shards for though shard-keys.json does not list it. The
 * tests have no mongos, so the commands themselves are judged.
 */
import { appendFileSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const collections = JSON.parse(readFileSync(new URL('shard-keys.json', import.meta.url), 'utf8'));

/** What says nothing of single documents, or follows a command that was judged. */
const harmless = new Set(
  'abortTransaction buildInfo commitTransaction count create createIndexes dropDatabase endSessions getMore hello ismaster killCursors listCollections listIndexes ping profile'.split(
    ' ',
  ),
);

const isOperators = (value) =>
  typeof value === 'object' &&
  value !== null &&
  !('_bsontype' in value) &&
  Object.keys(value).some((key) => key.startsWith('$'));

/** How a filter names a field: `one` value, `many`, or undefined if documents with any value may match. */
function matchOf(filter, field) {
  const own = filter[field];
  if (own !== undefined) {
    if (!isOperators(own) || '$eq' in own) return 'one';
    if ('$in' in own) return 'many';
  }
  const parts = (filter.$and ?? []).map((part) => matchOf(part, field));
  if (parts.includes('one')) return 'one';
  if (parts.includes('many')) return 'many';
  return filter.$or?.every((part) => matchOf(part, field)) ? 'many' : undefined;
}

/** The fields that a filter names, also within `$and` and `$or`. */
function fieldsOf(filter) {
  return Object.entries(filter).flatMap(([name, value]) =>
    ['$and', '$or', '$nor'].includes(name) ? value.flatMap(fieldsOf) : [name],
  );
}

/** Every part of a command that finds documents of its own; `single` if it is to change one of them. */
function partsOf(name, command) {
  switch (name) {
    case 'find':
      return [{ filter: command.filter ?? {} }];
    case 'distinct':
      return [{ filter: command.query ?? {} }];
    case 'aggregate':
      return [{ filter: command.pipeline[0]?.$match ?? {} }];
    case 'findAndModify':
      return [{ filter: command.query ?? {}, single: true, update: command.update }];
    case 'update':
      return command.updates.map(({ q, u, multi, upsert }) => ({
        filter: q,
        single: !multi || upsert === true,
        update: u,
      }));
    case 'delete':
      return command.deletes.map(({ q, limit }) => ({ filter: q, single: limit === 1 }));
    default:
      return [];
  }
}

/** Whether an update changes one of these fields, by operators or by the stages of a pipeline. */
function changes(update, fields) {
  return [update ?? []]
    .flat()
    .flatMap((stage) => Object.entries(stage))
    .filter(([operator]) => operator.startsWith('$') && operator !== '$setOnInsert')
    .some(([, values]) => fields.some((field) => values !== null && Object.hasOwn(Object(values), field)));
}

/** The entry of the list that allows a read to ask all shards. */
const listed = ({ scatters }, name, filter) =>
  scatters.find(
    ({ by, with: others }) =>
      (name === 'find' || name === 'aggregate') &&
      (by === undefined || fieldsOf(filter).includes(by)) &&
      fieldsOf(filter).every((field) => field === by || others.includes(field)),
  );

/** What there is to say of a part of a command: a fault, the entry of the list that allows it, or nothing. */
function findingOf(name, { filter, single, update }, known) {
  const shardKey = Object.keys(known.key);
  const matches = shardKey.map((field) => matchOf(filter, field));
  const fields = fieldsOf(filter).toSorted((one, other) => one.localeCompare(other));
  if (changes(update, shardKey)) return { fields, fault: 'changes the shard key' };
  if (single && !matches.every((match) => match === 'one'))
    return { fields, fault: 'changes one document without the shard key' };
  // A hashed key has one field; a prefix of another one leads to its shards as well.
  if (matches[0]) return undefined;
  const entry = listed(known, name, filter);
  return entry ? { entry } : { fields, fault: 'asks all shards' };
}

/** What there is to say of a command. */
function findingsOf(name, collection, command) {
  const parts = partsOf(name, command);
  if (parts.length === 0 && name !== 'insert')
    return harmless.has(name) ? [] : [{ fault: 'is not known to the recorder' }];
  const known = collections[collection];
  if (!known) return [{ fault: 'is of a collection without a shard key in shard-keys.json' }];
  // It stays on one shard, for the reason that stands there.
  if (known.unsharded) return [];
  const shardKey = Object.keys(known.key);
  if (
    name === 'insert' &&
    command.documents.some((one) => shardKey.some((field) => one[field] === undefined))
  )
    return [{ fault: 'inserts a document without the shard key' }];
  if (name === 'distinct' && command.autocommit === false) return [{ fault: 'is refused in a transaction' }];
  return parts.map((part) => findingOf(name, part, known)).filter(Boolean);
}

/** The entries of the list that were needed, each with its database: a process notes them once. */
const needed = new Set();

function judge(dir, { commandName: name, databaseName, command }) {
  if (['admin', 'local', 'config'].includes(databaseName)) return;
  const collection = String(command[name]);
  const note = (kind, entry) => appendFileSync(join(dir, `${databaseName}.${kind}`), `${entry}\n`);
  for (const { fault, fields, entry } of findingsOf(name, collection, command)) {
    if (fault) note('faults', JSON.stringify({ collection, command: name, fields, fault }));
    else if (!needed.has(`${databaseName} ${entry.why}`)) note('listed', entry.why);
    if (entry) needed.add(`${databaseName} ${entry.why}`);
  }
}

/** Judges the commands of all clients of this process from here on, except for those whose name is `test`. */
function watch(dir) {
  // That of the tree which the process runs from.
  const { mongo } = createRequire(join(process.cwd(), 'package.json'))('mongoose');
  const { connect } = mongo.MongoClient.prototype;
  const watched = new WeakSet();
  mongo.MongoClient.prototype.connect = function connectWatched(...args) {
    if (this.options.appName !== 'test' && !watched.has(this)) {
      watched.add(this);
      this.monitorCommands = true;
      this.on('commandStarted', (event) => judge(dir, event));
    }
    return connect.apply(this, args);
  };
}

if (process.env.TEST_COMMANDS_DIR) watch(process.env.TEST_COMMANDS_DIR);
