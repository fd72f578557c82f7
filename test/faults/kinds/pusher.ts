import { setTimeout as wait } from 'node:timers/promises';
import type { Misbehaviour } from '../../pusher-sink.js';
import type { Fault } from './fault.js';

const misbehaving = (name: string, behaviour: Misbehaviour, longMs: number): Fault => ({
  name,
  times: 1,
  async inject({ stage, ms }) {
    stage.pusher.misbehave('*', behaviour);
    await wait(ms(longMs, 6_000));
    stage.pusher.behave();
    stage.pusher.cutHanging();
  },
});

/** A Pusher that does not do what it should. */
export const pusherFaults: Fault[] = [
  misbehaving('Pusher answers 500', { status: 500 }, 30_000),
  misbehaving('Pusher hangs', 'hang', 15_000),
  misbehaving('Pusher answers half', 'break', 10_000),
  misbehaving('Pusher takes 2 s', { afterMs: 2_000 }, 15_000),
  {
    name: 'Pusher refuses connections',
    times: 2,
    async inject({ stage, ms }) {
      await stage.toPusher.cut();
      await wait(ms(8_000, 5_000));
      await stage.toPusher.mend();
    },
  },
];
