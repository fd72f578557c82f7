import { Inject, Injectable, type OnModuleInit, type Type } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { isKnownVersion } from '../queues/job-kind.js';
import { PermanentError, UnknownJobError } from '../queues/job-state.js';
import { providersIn } from '../queues/job-workers.js';
import {
  DURABLE,
  DurableEvent,
  type DurableEventHandler,
  type DurableOptions,
  type EventClass,
  type StoredEvent,
} from './durable-event.js';
import { EVENT_ROUTES, type EventRoutes, routingFaults } from './event-routes.js';

// The metadata of @EventsHandler and @Saga. @nestjs/cqrs has these constants in a file that its `exports` hide; the boot
// refusals in handler-registry.spec.ts fail if they change.
const EVENTS_HANDLER_METADATA = '__eventsHandler__';
const SAGA_METADATA = '__saga__';

/** Injection token of the names of the delivery queues. */
export const DELIVERY_QUEUES = Symbol('delivery queues');

/** A handler that was found, with its options. */
export interface RegisteredHandler extends DurableOptions {
  eventTypes: string[];
  instance: DurableEventHandler;
}

/** Knows all event handlers, and refuses the boot if they and the routing table differ. */
@Injectable()
export class HandlerRegistry implements OnModuleInit {
  private readonly handlers = new Map<string, RegisteredHandler>();
  private readonly eventClasses = new Map<string, EventClass>();

  constructor(
    private readonly discovery: DiscoveryService,
    @Inject(EVENT_ROUTES) private readonly routes: EventRoutes,
    @Inject(DELIVERY_QUEUES) private readonly queues: readonly string[],
  ) {}

  onModuleInit(): void {
    const found: RegisteredHandler[] = [];
    const faults: string[] = [];
    for (const { type, instance } of providersIn(this.discovery)) {
      faults.push(...this.faultsOf(type));
      const { options, events } = metadataOf(type);
      if (!options || !events) continue;
      const eventTypes = events.map((eventClass) => {
        const { type: eventType } = new eventClass({} as never);
        this.eventClasses.set(eventType, eventClass);
        return eventType;
      });
      found.push({ ...options, eventTypes, instance: instance as DurableEventHandler });
    }
    faults.push(...routingFaults(this.routes, found));
    if (faults.length > 0)
      throw new Error(['The routing table and the event handlers differ:', ...faults].join('\n  - '));
    for (const handler of found) this.handlers.set(handler.name, handler);
  }

  /** The handlers of this event, in the order of the table. Throws an UnknownJobError if the table has no row for it. */
  handlersOf(event: DurableEvent): RegisteredHandler[] {
    const rows = this.routes[event.type];
    if (!rows) return [];
    // A class that this release does not know has no row; to deliver to nobody would lose the event.
    if (!Object.hasOwn(rows, event.route))
      throw new UnknownJobError(`no row of ${event.type} is for ${event.route}`);
    return rows[event.route]!.map((name) => this.named(name));
  }

  /** Whether there is a handler of that name. */
  knows(name: string): boolean {
    return this.handlers.has(name);
  }

  /** The handler of that name. Throws an UnknownJobError if there is none, any more or yet. */
  named(name: string): RegisteredHandler {
    const handler = this.handlers.get(name);
    if (!handler) throw new UnknownJobError(`no handler is called ${name}`);
    return handler;
  }

  /**
   * Makes the event again that a queue has kept. Throws an UnknownJobError if its type, version or row is of another
   * release, a PermanentError if it does not say what it happened to.
   */
  revive({ type, v, data, occurred_at }: StoredEvent): DurableEvent {
    const eventClass = this.eventClasses.get(type);
    if (!eventClass) throw new UnknownJobError(`no handler knows the event ${type}`);
    const event = new eventClass(data as never, new Date(occurred_at));
    assertKnown(event, v);
    if (!isWhole(event)) throw new PermanentError(`the event ${type} cannot be read`);
    this.handlersOf(event);
    return event;
  }

  /** What a class would do in a stock application and does not do here. */
  private faultsOf(type: Type): string[] {
    const { options, events, sagas } = metadataOf(type);
    const faults = (sagas ?? []).map(
      (saga) =>
        `${type.name}.${saga} is a @Saga, but sagas do not run here: no event passes through the EventBus`,
    );
    if (events && !options)
      faults.push(`${type.name} has @EventsHandler but no @Durable, so it would never run`);
    if (options && !events)
      faults.push(`${type.name} has @Durable but no @EventsHandler, so it would never run`);
    if (options?.queue !== undefined && !this.queues.includes(options.queue))
      faults.push(
        `the handler ${options.name} wants the delivery queue ${options.queue}, which is not declared`,
      );
    return faults;
  }
}

function metadataOf(type: Type) {
  return {
    options: Reflect.getMetadata(DURABLE, type) as DurableOptions | undefined,
    events: Reflect.getMetadata(EVENTS_HANDLER_METADATA, type) as EventClass[] | undefined,
    sagas: Reflect.getMetadata(SAGA_METADATA, type) as string[] | undefined,
  };
}

/** Throws an UnknownJobError if an event was stored in a form that this release does not know. */
export function assertKnown({ type, dataVersion }: DurableEvent, v: unknown): void {
  if (!isKnownVersion(v, dataVersion)) throw new UnknownJobError(`version ${String(v)} of the event ${type}`);
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
