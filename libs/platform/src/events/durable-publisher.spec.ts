import { Logger } from '@nestjs/common';
import { Registry } from 'prom-client';
import { Deliverer } from './deliverer.js';
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

/** A publisher with receivers of these lanes, and what it queues. */
function publisherOf(...receivers: [name: string, lane: Lane, instance: EventReceiver][]) {
  const queued: string[] = [];
  const registered = receivers.map(([name, lane, instance]) => ({ name, lane, instance, eventTypes: [] }));
  const registry = { receiversOf: () => registered } as unknown as ReceiverRegistry;
  const queues = {
    add: async (_: DurableEvent, lane: Lane, names: string[]) => {
      queued.push(`${lane}: ${names.join()}`);
    },
  } as unknown as DeliveryQueues;
  const ledger = { doneWith: async () => new Set(), markDone: async () => undefined } as unknown as Ledger;
  const deliverer = new Deliverer(ledger, new ReceiverWatch(new Registry()));
  const publisher = new DurablePublisher(registry, queues, deliverer);
  return { publish: () => publisher.publish(new Happened({})), queued };
}

describe('a receiver with a lane of its own', () => {
  beforeAll(() => Logger.overrideLogger(false));

  it('is called at once while it is prompt, and needs no job', async () => {
    const received: string[] = [];
    const { publish, queued } = publisherOf([
      'quick',
      'broker',
      { isPrompt: () => true, receive: async ({ type }) => void received.push(type) },
    ]);
    await publish();
    expect(received).toEqual(['happened']);
    expect(queued).toEqual([]);
  });

  it('gets a job where it fails, where it does not end in time and where it is not prompt', async () => {
    const never = new Promise<void>(() => undefined);
    const { publish, queued } = publisherOf(
      ['failing', 'broker', { isPrompt: () => true, receive: () => Promise.reject(new Error('away')) }],
      ['hanging', 'push', { isPrompt: () => true, receive: () => never }],
      ['busy', 'media', { isPrompt: () => false, receive: () => never }],
      ['plain', 'livestream', { receive: () => never }],
    );
    await publish();
    expect(queued.toSorted()).toEqual([
      'broker: failing',
      'livestream: plain',
      'media: busy',
      'push: hanging',
    ]);
  });

  it('shares its job with who is not prompt, and gets none while it is idle', async () => {
    const { publish, queued } = publisherOf(
      ['quick', 'push', { isPrompt: () => true, receive: async () => undefined }],
      ['plain', 'push', { receive: async () => undefined }],
      ['idle', 'broker', { isIdle: () => true, receive: async () => undefined }],
    );
    await publish();
    expect(queued).toEqual(['push: quick,plain']);
  });
});
