import { Injectable, type Type } from '@nestjs/common';
import { DiscoveryModule, NestFactory } from '@nestjs/core';
import { CqrsModule, EventsHandler, Saga } from '@nestjs/cqrs';
import { EMPTY } from 'rxjs';
import { Durable, DurableEvent, type DurableEventHandler } from './durable-event.js';
import { EVENT_ROUTES, type EventRoutes } from './event-routes.js';
import { DELIVERY_QUEUES, HandlerRegistry } from './handler-registry.js';

class Rang extends DurableEvent {
  readonly type = 'bell.rang';
  readonly subject = 'front';
  readonly route = 'any';
}

class Bell implements DurableEventHandler<Rang> {
  async handle(): Promise<void> {}
}

@EventsHandler(Rang)
@Durable({ name: 'open', queue: 'slow' })
class Open extends Bell {}

@EventsHandler(Rang)
@Durable({ name: 'open' })
class OpenAgain extends Bell {}

@EventsHandler(Rang)
class Nameless extends Bell {}

@Durable({ name: 'deaf' })
class Deaf extends Bell {}

@EventsHandler(Rang)
@Durable({ name: 'hurried', queue: 'express' })
class Hurried extends Bell {}

@Injectable()
class Orders {
  @Saga()
  onRang = () => EMPTY;
}

/** A process with these handlers, whose table has one row. */
async function boot(row: string[], ...providers: Type[]): Promise<HandlerRegistry> {
  const routes: EventRoutes = { 'bell.rang': { any: row } };
  const app = await NestFactory.createApplicationContext(
    {
      module: class TestModule {},
      imports: [CqrsModule.forRoot(), DiscoveryModule],
      providers: [
        HandlerRegistry,
        { provide: EVENT_ROUTES, useValue: routes },
        { provide: DELIVERY_QUEUES, useValue: ['slow'] },
        ...providers,
      ],
    },
    { logger: false, abortOnError: false },
  );
  await app.close();
  return app.get(HandlerRegistry);
}

describe('a process with event handlers', () => {
  it('knows each of them by its name, with its delivery queue', async () => {
    const registry = await boot(['open'], Open);
    expect(registry.handlersOf(new Rang({}))).toEqual([
      { name: 'open', queue: 'slow', eventTypes: ['bell.rang'], instance: expect.any(Open) },
    ]);
  });

  it.each<[string, string[], Type[], string]>([
    [
      'a handler has no name',
      ['open'],
      [Open, Nameless],
      'Nameless has @EventsHandler but no @Durable, so it would never run',
    ],
    ['a handler handles no event', ['open'], [Open, Deaf], 'Deaf has @Durable but no @EventsHandler'],
    ['a handler stands in no row', [], [Open], 'the handler open stands in no row of bell.rang'],
    ['the table names a handler that is not provided', ['open'], [], 'no handler of that name is provided'],
    ['two handlers have one name', ['open'], [Open, OpenAgain], 'two handlers are called open'],
    [
      'a handler wants a delivery queue that is not declared',
      ['hurried'],
      [Hurried],
      'the handler hurried wants the delivery queue express, which is not declared',
    ],
    [
      'a provider has a saga',
      ['open'],
      [Open, Orders],
      'Orders.onRang is a @Saga, but sagas do not run here',
    ],
  ])('refuses to boot if %s', async (_, row, providers, sentence) => {
    await expect(boot(row, ...providers)).rejects.toThrow(sentence);
  });

  it('says all that is wrong at once', async () => {
    await expect(boot(['opne'], Open, Orders)).rejects.toThrow(
      /Orders\.onRang[\s\S]*names opne[\s\S]*the handler open stands in no row/,
    );
  });
});
