import { Logger } from '@nestjs/common';
import { Registry } from 'prom-client';
import type { JobWorkers } from '../queues/job-workers.js';
import { type FailedDelivery, HandlerRunner, type Ledger } from './delivery.js';
import type { DeliveryQueues } from './delivery.processor.js';
import { DurableEvent, type DurableEventHandler } from './durable-event.js';
import { DurablePublisher } from './durable-publisher.js';
import type { HandlerRegistry } from './handler-registry.js';

class Happened extends DurableEvent {
  readonly type = 'happened';
  readonly subject = 'something';
  readonly route = 'row';
}

/** A publisher with handlers of these queues, what it queues and what becomes of its jobs. */
async function publisherOf(
  fastQueues: string[],
  ...handlers: [name: string, queue: string, instance: DurableEventHandler][]
) {
  const queued: string[] = [];
  const jobs: string[] = [];
  const registered = handlers.map(([name, queue, instance]) => ({ name, queue, instance, eventTypes: [] }));
  const registry = { handlersOf: () => registered } as unknown as HandlerRegistry;
  const queues = {
    retryEachAlone: async (_: DurableEvent, failed: FailedDelivery[]) => {
      for (const { handler } of failed) queued.push(`${handler.queue}: ${handler.name} again`);
    },
    add: async (_: DurableEvent, queue: string, names: string[], delayMs = 0) => {
      queued.push(`${queue}: ${names.join()}${delayMs > 0 ? ' later' : ''}`);
      return {
        remove: async () => void jobs.push(`${queue} removed`),
        promote: async () => void jobs.push(`${queue} promoted`),
      };
    },
  } as unknown as DeliveryQueues;
  const ledger = {
    doneWith: async () => new Set(['done already']),
    markDone: async () => undefined,
  } as unknown as Ledger;
  const late: Promise<void>[] = [];
  const workers = { waitFor: (work: Promise<void>) => void late.push(work) } as unknown as JobWorkers;
  const runner = new HandlerRunner(new Registry());
  for (const queue of fastQueues) await runner.fastPathOf(queue).measure(async () => undefined);
  const publisher = new DurablePublisher(registry, queues, ledger, runner, workers);
  return { publish: () => publisher.publish(new Happened({})), queued, jobs, late };
}

describe('a handler with a delivery queue of its own', () => {
  beforeAll(() => Logger.overrideLogger(false));

  it('is called at once while the fast path of its queue is open, and needs no job', async () => {
    const handled: string[] = [];
    const { publish, queued } = await publisherOf(
      ['broker'],
      ['quick', 'broker', { handle: async ({ type }) => void handled.push(type) }],
    );
    await publish();
    expect(handled).toEqual(['happened']);
    expect(queued).toEqual([]);
  });

  it('gets a job if it fails, if it does not end in time and if the fast path is closed', async () => {
    const never = new Promise<void>(() => undefined);
    const { publish, queued } = await publisherOf(
      ['broker', 'push'],
      ['failing', 'broker', { handle: () => Promise.reject(new Error('away')) }],
      ['hanging', 'push', { handle: () => never }],
      ['busy', 'media', { handle: () => never }],
    );
    await publish();
    expect(queued.toSorted()).toEqual(['broker: failing again', 'media: busy', 'push: hanging later']);
  });

  it('gets jobs for the next events after a failure, until a run of the queue is fast again', async () => {
    let fails = true;
    const { publish, queued } = await publisherOf(
      ['push'],
      ['notify', 'push', { handle: async () => (fails ? Promise.reject(new Error('away')) : undefined) }],
    );
    await publish();
    fails = false;
    await publish();
    expect(queued).toEqual(['push: notify again', 'push: notify']);
  });

  it('is not called a second time if it is late: its job is removed once it succeeds, and runs once it has failed', async () => {
    const ends: Record<string, () => void> = {};
    const { publish, queued, jobs, late } = await publisherOf(
      ['broker', 'push'],
      ['late', 'push', { handle: () => new Promise<void>((done) => (ends.late = done)) }],
      [
        'failing late',
        'broker',
        { handle: () => new Promise<void>((_, fail) => (ends.failing = () => fail(new Error('away')))) },
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
    const { publish, queued } = await publisherOf(
      [],
      ['done already', 'push', { handle: async () => undefined }],
    );
    await publish();
    expect(queued).toEqual([]);
  });

  it('is prepared before a job of its own, and only then', async () => {
    const told: string[] = [];
    const named = (name: string, handle: () => Promise<void>): [string, string, DurableEventHandler] => [
      name,
      name,
      {
        handle,
        beforeQueued: async ({ type }) => void told.push(`${name}: ${type}, ${queued.length} queued`),
      },
    ];
    const { publish, queued } = await publisherOf(
      ['quick', 'failing'],
      named('quick', async () => undefined),
      named('failing', () => Promise.reject(new Error('away'))),
    );
    await publish();
    expect(told).toEqual(['failing: happened, 0 queued']);
    // Its fast path is closed by now.
    await publish();
    expect(told.slice(1)).toEqual(['failing: happened, 1 queued']);
    expect(queued).toEqual(['failing: failing again', 'failing: failing']);
  });

  it('gets nothing of an event that does not concern it', async () => {
    const { publish, queued } = await publisherOf(
      [],
      ['concerned', 'push', { handle: async () => undefined, isConcerned: () => true }],
      ['other', 'push', { handle: async () => undefined, isConcerned: ({ type }) => type !== 'happened' }],
    );
    await publish();
    expect(queued).toEqual(['push: concerned']);
  });

  it('shares its job with the other handlers of its queue, and gets none while it is disabled', async () => {
    const { publish, queued } = await publisherOf(
      [],
      ['one', 'push', { handle: async () => undefined }],
      ['other', 'push', { handle: async () => undefined }],
      ['disabled', 'broker', { isDisabled: () => true, handle: async () => undefined }],
    );
    await publish();
    expect(queued).toEqual(['push: one,other']);
  });
});
