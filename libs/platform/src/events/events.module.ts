import { BullModule } from '@nestjs/bull';
import { type DynamicModule, Global, Module, type OnModuleInit } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { CqrsModule, EventBus } from '@nestjs/cqrs';
import { Deliverer } from './deliverer.js';
import { DeliveryProcessor } from './delivery.processor.js';
import { DeliveryQueues, laneQueues } from './delivery-queues.js';
import type { DurableEvent } from './durable-event.js';
import { DurablePublisher } from './durable-publisher.js';
import { Ledger } from './ledger.js';
import { ReceiverRegistry } from './receiver-registry.js';
import { ReceiverWatch } from './receiver-watch.js';
import { EVENT_ROUTES, type EventRoutes } from './routes.js';

/** Puts durable delivery behind the EventBus of a process that has receivers. */
@Global()
@Module({})
export class EventsModule implements OnModuleInit {
  constructor(
    private readonly eventBus: EventBus<DurableEvent>,
    private readonly publisher: DurablePublisher,
  ) {}

  static register(routes: EventRoutes): DynamicModule {
    return {
      module: EventsModule,
      imports: [
        CqrsModule.forRoot(),
        DiscoveryModule,
        BullModule.registerQueue(...Object.values(laneQueues).map((name) => ({ name }))),
      ],
      providers: [
        { provide: EVENT_ROUTES, useValue: routes },
        Ledger,
        ReceiverRegistry,
        ReceiverWatch,
        Deliverer,
        DeliveryQueues,
        DeliveryProcessor,
        DurablePublisher,
      ],
      exports: [CqrsModule, DeliveryQueues, Ledger, ReceiverRegistry],
    };
  }

  onModuleInit(): void {
    this.eventBus.publisher = this.publisher;
  }
}
