import { BullModule } from '@nestjs/bull';
import { type DynamicModule, Global, Module, type OnModuleInit } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { CqrsModule, EventBus } from '@nestjs/cqrs';
import { HandlerRunner, Ledger } from './delivery.js';
import { deliveryProcessorsOf, deliveryQueueNames, DeliveryQueues } from './delivery.processor.js';
import type { DurableEvent } from './durable-event.js';
import { DurablePublisher } from './durable-publisher.js';
import { EVENT_ROUTES, type EventRoutes } from './event-routes.js';
import { DELIVERY_QUEUES, HandlerRegistry } from './handler-registry.js';

/** Puts durable delivery behind the EventBus of a process that has event handlers. */
@Global()
@Module({})
export class EventsModule implements OnModuleInit {
  constructor(
    private readonly eventBus: EventBus<DurableEvent>,
    private readonly publisher: DurablePublisher,
  ) {}

  /** Delivers by this table; `queues` are the delivery queues that handlers may ask for with `@Durable`. */
  static register(routes: EventRoutes, { queues }: { queues: readonly string[] }): DynamicModule {
    return {
      module: EventsModule,
      imports: [
        CqrsModule.forRoot(),
        DiscoveryModule,
        BullModule.registerQueue(...deliveryQueueNames(queues).map((name) => ({ name }))),
      ],
      providers: [
        { provide: EVENT_ROUTES, useValue: routes },
        { provide: DELIVERY_QUEUES, useValue: queues },
        Ledger,
        HandlerRegistry,
        HandlerRunner,
        DeliveryQueues,
        ...deliveryProcessorsOf(queues),
        DurablePublisher,
      ],
      exports: [CqrsModule, DeliveryQueues, Ledger, HandlerRegistry],
    };
  }

  // CqrsModule subscribes all handlers to the subject of the stock publisher as well. With the publisher replaced, before
  // any module runs, nothing is emitted there, so that no handler runs twice.
  onModuleInit(): void {
    this.eventBus.publisher = this.publisher;
  }
}
