import { Inject, Injectable, type OnModuleInit, type Type } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import type { DurableEvent, EventClass, StoredEvent } from './durable-event.js';
import { type EventReceiver, type Lane, RECEIVER, type ReceiverOptions } from './receiver.js';
import { EVENT_ROUTES, type EventRoutes } from './routes.js';
import { routingFaults } from './routing-faults.js';

/** A receiver that was found, with what it says of itself. */
export interface RegisteredReceiver {
  name: string;
  lane: Lane;
  eventTypes: string[];
  instance: EventReceiver;
}

/** Knows all receivers, and refuses the boot where they and the routing table differ. */
@Injectable()
export class ReceiverRegistry implements OnModuleInit {
  private readonly receivers = new Map<string, RegisteredReceiver>();
  private readonly eventClasses = new Map<string, EventClass>();

  constructor(
    private readonly discovery: DiscoveryService,
    @Inject(EVENT_ROUTES) private readonly routes: EventRoutes,
  ) {}

  onModuleInit(): void {
    const found: RegisteredReceiver[] = [];
    for (const { instance, metatype } of this.discovery.getProviders()) {
      const options =
        metatype && (Reflect.getMetadata(RECEIVER, metatype as Type) as ReceiverOptions | undefined);
      if (!options) continue;
      const eventTypes = [options.event].flat().map((eventClass) => {
        const { type } = new eventClass({} as never);
        this.eventClasses.set(type, eventClass);
        return type;
      });
      found.push({
        name: options.name,
        lane: options.lane ?? 'awaited',
        eventTypes,
        instance: instance as EventReceiver,
      });
    }
    const faults = routingFaults(this.routes, found);
    if (faults.length > 0)
      throw new Error(['The routing table and the receivers differ:', ...faults].join('\n  - '));
    for (const receiver of found) this.receivers.set(receiver.name, receiver);
  }

  /** Who receives this event, in the order of the table. */
  receiversOf(event: DurableEvent): RegisteredReceiver[] {
    return (this.routes[event.type]?.[event.route] ?? []).map((name) => this.named(name));
  }

  /** The receiver of that name; throws where there is none any more. */
  named(name: string): RegisteredReceiver {
    const receiver = this.receivers.get(name);
    if (!receiver) throw new Error(`no receiver is called ${name}`);
    return receiver;
  }

  /** Makes the event again that a queue has kept. */
  revive({ type, data, occurred_at }: StoredEvent): DurableEvent {
    const eventClass = this.eventClasses.get(type);
    if (!eventClass) throw new Error(`no receiver knows the event ${type}`);
    return new eventClass(data as never, new Date(occurred_at));
  }
}
