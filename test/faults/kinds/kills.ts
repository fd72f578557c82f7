import { setTimeout as wait } from 'node:timers/promises';
import type { Fault } from './fault.js';

/** Processes and stores that are killed outright, as by the kernel or by a loss of power. */
export const kills: Fault[] = [
  {
    name: 'kill -9 api',
    times: 3,
    async inject({ stage }) {
      await stage.api.end('SIGKILL');
      await stage.api.start();
    },
  },
  {
    name: 'kill -9 worker',
    times: 3,
    async inject({ stage, ms }) {
      await stage.worker.end('SIGKILL');
      await wait(ms(1_000, 500));
      await stage.worker.start();
    },
  },
  {
    name: 'kill -9 Valkey',
    times: 3,
    async inject({ stage, outages, ms }) {
      await stage.valkey.kill();
      await outages.during('Redis', () => wait(ms(4_000, 4_000)));
      await stage.valkey.startAgain();
    },
  },
  {
    name: 'kill -9 mongod',
    times: 3,
    async inject({ stage, outages, ms }) {
      await stage.mongod.kill();
      await outages.during('MongoDB', () => wait(ms(4_000, 4_000)));
      await stage.mongod.startAgain();
    },
  },
  {
    name: 'kill -9 all four at once',
    times: 2,
    async inject({ stage }) {
      const { api, worker, mongod, valkey } = stage;
      await Promise.all([api.end('SIGKILL'), worker.end('SIGKILL'), mongod.kill(), valkey.kill()]);
      await Promise.all([mongod.startAgain(), valkey.startAgain()]);
      await Promise.all([api.start(), worker.start()]);
    },
  },
  {
    name: 'SIGTERM api and worker',
    times: 3,
    async inject({ stage }) {
      const begin = Date.now();
      const codes = await Promise.all([stage.api.end('SIGTERM'), stage.worker.end('SIGTERM')]);
      const tookMs = Date.now() - begin;
      if (codes.some((code) => code !== 0))
        stage.unexpectedEnds.push(`SIGTERM ended in ${codes.join()}, not in 0`);
      if (tookMs > 10_000) stage.unexpectedEnds.push(`SIGTERM took ${tookMs} ms`);
      await Promise.all([stage.api.start(), stage.worker.start()]);
    },
  },
];
