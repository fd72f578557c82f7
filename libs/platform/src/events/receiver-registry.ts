import { Inject, Injectable, type OnModuleInit, type Type } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { PermanentError, UnknownJobError } from '../queues/backoff.js';
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

  /** Who receives this event, in the order of the table. Throws an UnknownJobError where the table has no row for it. */
  receiversOf(event: DurableEvent): RegisteredReceiver[] {
    const rows = this.routes[event.type];
    if (!rows) return [];
    // A class that this release does not know has no row; to tell nobody would lose the event.
    if (!Object.hasOwn(rows, event.route))
      throw new UnknownJobError(`no row of ${event.type} is for ${event.route}`);
    return rows[event.route]!.map((name) => this.named(name));
  }

  /** Whether there is a receiver of that name. */
  knows(name: string): boolean {
    return this.receivers.has(name);
  }

  /** The receiver of that name. Throws an UnknownJobError where there is none, any more or yet. */
  named(name: string): RegisteredReceiver {
    const receiver = this.receivers.get(name);
    if (!receiver) throw new UnknownJobError(`no receiver is called ${name}`);
    return receiver;
  }

  /**
   * Makes the event again that a queue has kept. Throws an UnknownJobError where its type or its row is of another release,
   * a PermanentError where it does not say what it happened to.
   */
  revive({ type, data, occurred_at }: StoredEvent): DurableEvent {
    const eventClass = this.eventClasses.get(type);
    if (!eventClass) throw new UnknownJobError(`no receiver knows the event ${type}`);
    const event = new eventClass(data as never, new Date(occurred_at));
    if (!isWhole(event)) throw new PermanentError(`the event ${type} cannot be read`);
    this.receiversOf(event);
    return event;
  }
}

/** Whether an event says what happened, to what and when. */
function isWhole(event: DurableEvent): boolean {
  try {
    const { subject, route, occurredAt } = event;
    return isText(subject) && isText(route) && !Number.isNaN(occurredAt.getTime());
  } catch {
    return false;
  }
}

const isText = (value: unknown) => typeof value === 'string' && value !== '';
