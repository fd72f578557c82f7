import { array, assert, nat, property, record } from 'fast-check';
import { markText, parseMark, standingOf } from './epoch-rules.js';

const epoch = '0123456789abcdef01234567';
const other = 'f123456789abcdef01234567';

describe('the epochs of the two stores', () => {
  it.each([
    [undefined, undefined, 'first'],
    [{ epoch, beat: 5 }, undefined, 'redis-lost'],
    [undefined, { epoch, beat: 5 }, 'mongo-behind'],
    [{ epoch, beat: 5 }, { epoch, beat: 5 }, 'same'],
    [{ epoch, beat: 5 }, { epoch, beat: 6 }, 'same'],
    [{ epoch, beat: 5 }, { epoch, beat: 7 }, 'mongo-behind'],
    [{ epoch, beat: 5 }, { epoch, beat: 4 }, 'redis-behind'],
    [{ epoch, beat: 5 }, { epoch: other, beat: 5 }, 'mongo-behind'],
  ])('MongoDB %j beside Redis %j: %s', (inMongo, inRedis, standing) => {
    expect(standingOf(inMongo, inRedis)).toBe(standing);
  });

  it('belong together wherever those who count them on stop', () => {
    // Each of them reads, then writes to Redis and to MongoDB what it had read, or dies before a write.
    const counter = record({ reads: nat(30), toRedis: nat(30), toMongo: nat(30) });
    assert(
      property(array(counter, { maxLength: 12 }), (counters) => {
        const stores = { mongo: 0, redis: 0 };
        const steps = counters.flatMap(({ reads, toRedis, toMongo }) => {
          let seen = 0;
          const begin = reads;
          const second = begin + toRedis;
          return [
            { at: begin, run: () => (seen = stores.mongo) },
            { at: second, run: () => stores.redis === seen && (stores.redis = seen + 1) },
            {
              at: second + toMongo,
              run: () => stores.mongo === seen && stores.redis > seen && (stores.mongo = seen + 1),
            },
          ];
        });
        for (const { run } of steps.toSorted((one, next) => one.at - next.at)) {
          run();
          expect(standingOf({ epoch, beat: stores.mongo }, { epoch, beat: stores.redis })).toBe('same');
        }
      }),
    );
  });

  it('are read from Redis as they were written, and anything else is none', () => {
    const mark = { epoch, beat: 17, ms: 1_790_000_000_000 };
    expect(parseMark(markText(mark))).toEqual(mark);
    for (const text of [null, '', 'x', `${epoch} 1`, `${epoch} -1 5`])
      expect(parseMark(text)).toBeUndefined();
  });
});
