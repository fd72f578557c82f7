import { setTimeout as wait } from 'node:timers/promises';
import { mongo } from 'mongoose';
import type { Fault } from './fault.js';

const setting = (name: string, key: string, broken: string, whole: string): Fault => ({
  name,
  times: 2,
  async inject({ stage, outages, ms }) {
    await stage.redis.config('SET', key, broken);
    await outages.during('Redis writes', () => wait(ms(6_000, 4_000)));
    await stage.redis.config('SET', key, whole);
  },
});

/** Stores that answer, but take no writes: disk or memory full, no replica, no primary. */
export const refusedWrites: Fault[] = [
  setting('Valkey out of memory (OOM)', 'maxmemory', '1', '0'),
  setting('Valkey lacks replicas (NOREPLICAS)', 'min-replicas-to-write', '1', '0'),
  {
    name: 'mongod steps down for 5 s',
    times: 2,
    async inject({ stage, outages }) {
      const client = await mongo.MongoClient.connect(
        stage.mongod.url.replace(/\?.*/, '?directConnection=true'),
      );
      try {
        await outages.during('MongoDB', async () => {
          await client.db('admin').command({ replSetStepDown: 5, force: true });
          await wait(4_500);
        });
        for (;;) {
          const hello = await client.db('admin').command({ hello: 1 });
          if (hello.isWritablePrimary === true) break;
          await wait(100);
        }
      } finally {
        await client.close();
      }
    },
  },
];
