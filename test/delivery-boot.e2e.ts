import {
  createHttpApp,
  Durable,
  DurableEvent,
  type DurableEventHandler,
  EventsModule,
  type EventRoutes,
  JobWorkers,
  PermanentError,
  PlatformModule,
} from '#platform';
import { Module, type Type } from '@nestjs/common';
import { EventBus, EventsHandler } from '@nestjs/cqrs';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { until } from './client.js';
import { useService } from './service.js';

class Rang extends DurableEvent<{ bell: string }> {
  readonly type = 'bell.rang';
  get subject(): string {
    return this.data.bell;
  }
  get route(): string {
    return 'any';
  }
}

/** What the handlers below saw, and how often noting a final failure has yet to fail. */
const seen = {
  answered: 0,
  fetched: 0,
  barked: 0,
  failures: [] as string[],
  failuresToLose: 0,
  barkFailures: [] as number[],
};

@EventsHandler(Rang)
@Durable({ name: 'answer-door' })
class AnswerDoor implements DurableEventHandler<Rang> {
  async handle(): Promise<void> {
    seen.answered++;
  }
}

@EventsHandler(Rang)
@Durable({ name: 'wake-dog' })
class WakeDog implements DurableEventHandler<Rang> {
  async handle(): Promise<void> {
    throw new PermanentError('the dog is out');
  }

  async onDeadLetter(_event: Rang, { message }: Error): Promise<void> {
    if (seen.failuresToLose-- > 0) throw new Error('nobody can write it down now');
    seen.failures.push(message);
  }
}

@EventsHandler(Rang)
@Durable({ name: 'fetch-slippers', queue: 'media' })
class FetchSlippers implements DurableEventHandler<Rang> {
  async handle(): Promise<void> {
    seen.fetched++;
  }
}

@EventsHandler(Rang)
@Durable({ name: 'bark', queue: 'media' })
class Bark implements DurableEventHandler<Rang> {
  async handle(): Promise<void> {
    seen.barked++;
    throw new Error('too hoarse');
  }

  async onDeadLetter(): Promise<void> {
    seen.barkFailures.push(seen.barked);
  }
}

describe('a process with handlers', () => {
  const service = useService({ DELIVERY_ATTEMPTS: '3' }, { apps: [] });
  let app: NestFastifyApplication | undefined;

  afterEach(async () => {
    await app?.close();
    app = undefined;
  });

  async function boot(routes: EventRoutes, handlers: Type[]): Promise<void> {
    class TestModule {}
    Module({
      imports: [
        PlatformModule.register(service.config),
        EventsModule.register(routes, { queues: ['media'] }),
      ],
      providers: handlers,
    })(TestModule);
    app = await createHttpApp({ module: TestModule }, service.config);
    await app.init();
  }

  const bells = (...names: string[]): EventRoutes => ({ 'bell.rang': { any: names } });

  it.each<[string, EventRoutes, Type[], string]>([
    [
      'the table names a handler that is not there',
      bells('answer-door', 'wake-dog'),
      [AnswerDoor],
      'row any of bell.rang names wake-dog, but no handler of that name is provided',
    ],
    [
      'a handler stands in no row',
      bells('answer-door'),
      [AnswerDoor, WakeDog],
      'the handler wake-dog stands in no row',
    ],
    [
      'a row names a handler of another event',
      { 'bell.broke': { any: ['answer-door'] } },
      [AnswerDoor],
      'row any of bell.broke names answer-door, which handles bell.rang',
    ],
    [
      'a row names a handler twice',
      bells('answer-door', 'answer-door'),
      [AnswerDoor],
      'row any of bell.rang names answer-door twice',
    ],
  ])('refuses to boot where %s', async (_, routes, handlers, sentence) => {
    await expect(boot(routes, handlers)).rejects.toThrow(sentence);
  });

  it('boots where table and handlers agree, and runs each of them', async () => {
    await boot(bells('answer-door'), [AnswerDoor]);
    const before = seen.answered;
    await app!.get(EventBus).publish(new Rang({ bell: 'front' }));
    expect(seen.answered).toBe(before + 1);
  });

  it('gives a handler of a group as many tries as are set, and runs the others of the group once', async () => {
    await boot(bells('fetch-slippers', 'bark'), [FetchSlippers, Bark]);
    app!.get(JobWorkers).start();
    const event = new Rang({ bell: 'side' });
    const { queues } = service;
    await app!.get(EventBus).publish(event);
    const job = await queues.dead('deliveries.media', `${event.id}.bark`);
    expect(job.data).toEqual({ event: event.toStored(), handlers: ['bark'], v: 1 });
    expect(job.failedReason).toBe('too hoarse');
    expect([seen.barked, seen.fetched]).toEqual([3, 1]);
    // One final failure, after the third try: not one a try, and not none since each error might have passed.
    expect(seen.barkFailures).toEqual([3]);
  });

  it('retries to note a final failure, until it is noted', async () => {
    await boot(bells('answer-door', 'wake-dog'), [AnswerDoor, WakeDog]);
    app!.get(JobWorkers).start();
    seen.failuresToLose = 4;
    const event = new Rang({ bell: 'back' });
    const { queues } = service;
    await app!.get(EventBus).publish(event);
    const job = await queues.dead('deliveries', `${event.id}.wake-dog`);
    await until(async () => seen.failures.length > 0);
    expect(seen.failures).toEqual(['the dog is out']);
    expect(job.failedReason).toBe('the dog is out');
  });
});
