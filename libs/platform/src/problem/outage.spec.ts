import { isOutage, OutageError } from './outage.js';

const named = (name: string, more: object = {}) =>
  Object.assign(new Error('of the driver'), { name, ...more });

describe('isOutage', () => {
  it.each([
    ['a store that is too slow', new OutageError('late')],
    ['a mongod that cannot be reached', named('MongoServerSelectionError')],
    ['a mongod that is no primary any more', named('MongoServerError', { code: 10107 })],
    [
      'a bulk write that finds no mongod',
      named('MongoBulkWriteError', { errorResponse: named('MongoServerSelectionError') }),
    ],
    ['a bulk write to a primary that steps down', named('MongoBulkWriteError', { code: 11602 })],
    ['a write whose primary steps down', named('MongoWriteConcernError', { code: 189 })],
    ['a Redis that reads its data', new Error('LOADING Valkey is loading the dataset in memory')],
    ['a Redis without memory', new Error("OOM command not allowed when used memory > 'maxmemory'.")],
    ['a Redis without replicas', new Error('NOREPLICAS Not enough good replicas to write.')],
    ['a Redis that cannot write to its disk', new Error('MISCONF Errors writing to the AOF file')],
    ['a command without an answer', new Error('Command timed out')],
    ['a broken connection', named('Error', { code: 'ECONNRESET' })],
  ])('is %s', (_, error) => {
    expect(isOutage(error)).toBe(true);
  });

  it.each([
    ['a duplicate key', named('MongoServerError', { code: 11000 })],
    ['a duplicate key in a bulk write', named('MongoBulkWriteError', { code: 11000 })],
    ['a wrong command', new Error('WRONGTYPE Operation against a key holding the wrong kind of value')],
    ['anything else', new Error('BUSY')],
    ['no error at all', 'LOADING '],
  ])('is not %s', (_, error) => {
    expect(isOutage(error)).toBe(false);
  });
});
