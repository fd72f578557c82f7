import { setTimeout as wait } from 'node:timers/promises';
import type { Fault } from './fault.js';

/** Longer than the lock of a job, so that another worker takes it over. */
const zombieMs = 12_000;

const endRivals: Fault['after'] = ({ stage }) => stage.endRivals();

/** Processes that stand still for a while and then go on as if nothing had been. */
export const frozen: Fault[] = [
  {
    name: 'zombie worker (SIGSTOP 12 s)',
    times: 2,
    async before({ stage }) {
      await stage.startRival('worker-2');
    },
    async inject({ stage }) {
      stage.worker.freeze();
      await wait(zombieMs);
      stage.worker.thaw();
    },
    after: endRivals,
  },
  {
    name: 'two workers race for stalled jobs',
    times: 2,
    async before({ stage }) {
      await stage.startRival('worker-2');
      await stage.startRival('worker-3');
    },
    async inject({ stage }) {
      // While Pusher hangs, the worker holds jobs when it dies; then two others look for them at the same pace.
      stage.pusher.misbehave('*', 'hang');
      await wait(1_500);
      await stage.worker.end('SIGKILL');
      stage.pusher.behave();
      await wait(zombieMs);
      await stage.worker.start();
    },
    after: endRivals,
  },
  {
    name: 'frozen Valkey (SIGSTOP)',
    times: 2,
    async inject({ stage, outages, ms }) {
      stage.valkey.freeze();
      await outages.during('Redis', () => wait(ms(6_000, 4_000)));
      stage.valkey.thaw();
    },
  },
  {
    name: 'frozen mongod (SIGSTOP)',
    times: 2,
    async inject({ stage, outages, ms }) {
      stage.mongod.freeze();
      await outages.during('MongoDB', () => wait(ms(6_000, 4_000)));
      stage.mongod.thaw();
    },
  },
];
