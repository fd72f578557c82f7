import { Logger } from '@nestjs/common';
import { Registry } from 'prom-client';
import type { JobWorkers } from '../queues/job-workers.js';
import { Deliverer } from './deliverer.js';
import type { FailedDelivery } from './delivery.js';
import type { DeliveryQueues } from './delivery-queues.js';
import { DurableEvent } from './durable-event.js';
import { DurablePublisher } from './durable-publisher.js';
import type { Ledger } from './ledger.js';
import type { EventReceiver, Lane } from './receiver.js';
import type { ReceiverRegistry } from './receiver-registry.js';
import { ReceiverWatch } from './receiver-watch.js';

class Happened extends DurableEvent {
  readonly type = 'happened';
  readonly subject = 'something';
  readonly route = 'row';
}

/** A publisher with receivers of these lanes, what it queues and what becomes of its jobs. */
function publisherOf(...receivers: [name: string, lane: Lane, instance: EventReceiver][]) {
  const queued: string[] = [];
  const jobs: string[] = [];
  const registered = receivers.map(([name, lane, instance]) => ({ name, lane, instance, eventTypes: [] }));
  const registry = { receiversOf: () => registered } as unknown as ReceiverRegistry;
  const queues = {
    retryEachAlone: async (_: DurableEvent, failed: FailedDelivery[]) => {
      for (const { receiver } of failed) queued.push(`${receiver.lane}: ${receiver.name} again`);
    },
    add: async (_: DurableEvent, lane: Lane, names: string[], delayMs = 0) => {
      queued.push(`${lane}: ${names.join()}${delayMs > 0 ? ' later' : ''}`);
      return {
        remove: async () => void jobs.push(`${lane} removed`),
        promote: async () => void jobs.push(`${lane} promoted`),
      };
    },
  } as unknown as DeliveryQueues;
  const ledger = {
    doneWith: async () => new Set(['done already']),
    markDone: async () => undefined,
    keep: async () => undefined,
  } as unknown as Ledger;
  const deliverer = new Deliverer(ledger, new ReceiverWatch(new Registry()));
  const late: Promise<void>[] = [];
  const workers = { waitFor: (work: Promise<void>) => void late.push(work) } as unknown as JobWorkers;
  const publisher = new DurablePublisher(registry, queues, deliverer, workers);
  return { publish: () => publisher.publish(new Happened({})), queued, jobs, late };
}

const prompt = { isPrompt: () => true };

describe('a receiver with a lane of its own', () => {
  beforeAll(() => Logger.overrideLogger(false));

  it('is called at once while it is prompt, and needs no job', async () => {
    const received: string[] = [];
    const { publish, queued } = publisherOf([
      'quick',
      'broker',
      { ...prompt, receive: async ({ type }) => void received.push(type) },
    ]);
    await publish();
    expect(received).toEqual(['happened']);
    expect(queued).toEqual([]);
  });

  it('gets a job where it fails, where it does not end in time and where it is not prompt', async () => {
    const never = new Promise<void>(() => undefined);
    const { publish, queued } = publisherOf(
      ['failing', 'broker', { ...prompt, receive: () => Promise.reject(new Error('away')) }],
      ['hanging', 'push', { ...prompt, receive: () => never }],
      ['busy', 'media', { isPrompt: () => false, receive: () => never }],
    );
    await publish();
    expect(queued.toSorted()).toEqual(['broker: failing again', 'media: busy', 'push: hanging later']);
  });

  it('is not called a second time where it is late: its job goes once it is done, and runs once it has failed', async () => {
    const ends: Record<string, () => void> = {};
    const { publish, queued, jobs, late } = publisherOf(
      ['late', 'push', { ...prompt, receive: () => new Promise((done) => (ends.late = done)) }],
      [
        'failing late',
        'broker',
        {
          ...prompt,
          receive: () => new Promise((_, fail) => (ends.failing = () => fail(new Error('away')))),
        },
      ],
    );
    await publish();
    expect(queued.toSorted()).toEqual(['broker: failing late later', 'push: late later']);
    expect(jobs).toEqual([]);
    ends.late!();
    ends.failing!();
    await Promise.all(late);
    expect(jobs.toSorted()).toEqual(['broker promoted', 'push removed']);
  });

  it('gets nothing that it is done with already', async () => {
    const { publish, queued } = publisherOf(['done already', 'push', { receive: async () => undefined }]);
    await publish();
    expect(queued).toEqual([]);
  });

  it('shares its job with who is not prompt, and gets none while it is idle', async () => {
    const { publish, queued } = publisherOf(
      ['quick', 'push', { ...prompt, receive: async () => undefined }],
      ['plain', 'push', { receive: async () => undefined }],
      ['idle', 'broker', { isIdle: () => true, receive: async () => undefined }],
    );
    await publish();
    expect(queued).toEqual(['push: quick,plain']);
  });
});
