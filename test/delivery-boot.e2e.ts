import {
  createHttpApp,
  DurableEvent,
  type EventReceiver,
  EventsModule,
  type EventRoutes,
  JobWorkers,
  PermanentError,
  PlatformModule,
  Receiver,
} from '#platform';
import { Module, type Type } from '@nestjs/common';
import { EventBus } from '@nestjs/cqrs';
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

/** What the receivers below saw, and how often noting a death has yet to fail. */
const seen = {
  answered: 0,
  fetched: 0,
  barked: 0,
  deaths: [] as string[],
  deathsToLose: 0,
  barkDeaths: [] as number[],
};

@Receiver({ name: 'answer-door', event: Rang })
class AnswerDoor implements EventReceiver<Rang> {
  async receive(): Promise<void> {
    seen.answered++;
  }
}

@Receiver({ name: 'wake-dog', event: Rang })
class WakeDog implements EventReceiver<Rang> {
  async receive(): Promise<void> {
    throw new PermanentError('the dog is out');
  }

  async onDead(_event: Rang, { message }: Error): Promise<void> {
    if (seen.deathsToLose-- > 0) throw new Error('nobody can write it down now');
    seen.deaths.push(message);
  }
}

@Receiver({ name: 'fetch-slippers', event: Rang, lane: 'media' })
class FetchSlippers implements EventReceiver<Rang> {
  async receive(): Promise<void> {
    seen.fetched++;
  }
}

@Receiver({ name: 'bark', event: Rang, lane: 'media' })
class Bark implements EventReceiver<Rang> {
  async receive(): Promise<void> {
    seen.barked++;
    throw new Error('too hoarse');
  }

  async onDead(): Promise<void> {
    seen.barkDeaths.push(seen.barked);
  }
}

describe('a process with receivers', () => {
  const service = useService({ DELIVERY_ATTEMPTS: '3' }, { apps: [] });
  let app: NestFastifyApplication | undefined;

  afterEach(async () => {
    await app?.close();
    app = undefined;
  });

  async function boot(routes: EventRoutes, receivers: Type[]): Promise<void> {
    class TestModule {}
    Module({
      imports: [PlatformModule.register(service.config), EventsModule.register(routes)],
      providers: receivers,
    })(TestModule);
    app = await createHttpApp({ module: TestModule }, service.config);
    await app.init();
  }

  const bells = (...names: string[]): EventRoutes => ({ 'bell.rang': { any: names } });

  it.each<[string, EventRoutes, Type[], string]>([
    [
      'the table names a receiver that is not there',
      bells('answer-door', 'wake-dog'),
      [AnswerDoor],
      'row any of bell.rang names wake-dog, but no receiver of that name is provided',
    ],
    [
      'a receiver stands in no row',
      bells('answer-door'),
      [AnswerDoor, WakeDog],
      'the receiver wake-dog stands in no row',
    ],
    [
      'a row names a receiver of another event',
      { 'bell.broke': { any: ['answer-door'] } },
      [AnswerDoor],
      'row any of bell.broke names answer-door, which receives bell.rang',
    ],
    [
      'a row names a receiver twice',
      bells('answer-door', 'answer-door'),
      [AnswerDoor],
      'row any of bell.rang names answer-door twice',
    ],
  ])('refuses to boot where %s', async (_, routes, receivers, sentence) => {
    await expect(boot(routes, receivers)).rejects.toThrow(sentence);
  });

  it('boots where table and receivers agree, and tells each of them', async () => {
    await boot(bells('answer-door'), [AnswerDoor]);
    const before = seen.answered;
    await app!.get(EventBus).publish(new Rang({ bell: 'front' }));
    expect(seen.answered).toBe(before + 1);
  });

  it('gives a receiver of a group as many tries as are set, and runs the others of the group once', async () => {
    await boot(bells('fetch-slippers', 'bark'), [FetchSlippers, Bark]);
    app!.get(JobWorkers).start();
    const event = new Rang({ bell: 'side' });
    const { queues } = service;
    await app!.get(EventBus).publish(event);
    const job = await queues.dead('deliveries.media', `${event.id}.bark`);
    expect(job.data).toEqual({ event: event.toStored(), receivers: ['bark'] });
    expect(job.failedReason).toBe('too hoarse');
    expect([seen.barked, seen.fetched]).toEqual([3, 1]);
    // One death, after the third try: not one a try, and not none since each error might have passed.
    expect(seen.barkDeaths).toEqual([3]);
  });

  it('tries a death that could not be noted again, until it is noted', async () => {
    await boot(bells('answer-door', 'wake-dog'), [AnswerDoor, WakeDog]);
    app!.get(JobWorkers).start();
    seen.deathsToLose = 4;
    const event = new Rang({ bell: 'back' });
    const { queues } = service;
    await app!.get(EventBus).publish(event);
    const job = await queues.dead('deliveries', `${event.id}.wake-dog`);
    await until(async () => seen.deaths.length > 0);
    expect(seen.deaths).toEqual(['the dog is out']);
    expect(job.failedReason).toBe('the dog is out');
  });
});
