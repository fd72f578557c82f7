import { SetMetadata } from '@nestjs/common';
import type { IEventHandler } from '@nestjs/cqrs';
import { idFrom } from '../mongo/object-id.js';

/** An event as a queue keeps it. */
export interface StoredEvent<Data extends object = object> {
  type: string;
  /** The version of the form of `data`; absent in events of releases that had no versions. */
  v?: number;
  data: Data;
  occurred_at: string;
}

/** A fact that each of its handlers takes effect for exactly once, however often the process dies in between. */
export abstract class DurableEvent<Data extends object = object> {
  /** Name of the event, such as `thing.created`. */
  abstract readonly type: string;
  /** Id of what it happened to. */
  abstract readonly subject: string;
  /** Which row of the routing table lists its handlers. */
  abstract readonly route: string;

  /** The version of the form of `data`. It rises with each change that a worker of the release before would read wrongly. */
  readonly dataVersion: number = 1;

  /** For how long a second delivery is deduplicated. */
  readonly rememberedSeconds: number = 24 * 3600;

  private knownId?: string;

  constructor(
    readonly data: Data,
    readonly occurredAt = new Date(),
  ) {}

  /** The same fact has the same id, however often it is published. */
  get id(): string {
    return (this.knownId ??= idFrom(this.type, this.subject));
  }

  /** Its form in a queue. */
  toStored(): StoredEvent<Data> {
    const { type, dataVersion: v, data, occurredAt } = this;
    return { type, v, data, occurred_at: occurredAt.toISOString() };
  }
}

/** A class of events, as `@EventsHandler` names it. */
export type EventClass<Event extends DurableEvent = DurableEvent> = new (
  data: never,
  occurredAt?: Date,
) => Event;

/** How the events of a handler are delivered. */
export interface DurableOptions {
  /** The name of the handler in the routing table, the ledger, metrics and logs. */
  name: string;
  /**
   * The delivery queue that it runs from, so that what it waits for delays no handler of another queue. If absent, the job
   * that publishes the event awaits it.
   */
  queue?: string;
}

/** A handler of durable events. It may be called again for the same event, and must then do no more. */
export interface DurableEventHandler<Event extends DurableEvent = DurableEvent> extends IEventHandler<Event> {
  handle(event: Event): Promise<void>;
  /**
   * The last try failed: the delivery is a dead letter until someone replays it. `failureId` is the same however often this
   * is called, and another one if the delivery was replayed and failed again.
   */
  onDeadLetter?(event: Event, error: Error, handlerName: string, failureId: string): Promise<void>;
  /** A dead letter was replayed and succeeded. */
  onReplayed?(event: Event, handlerName: string): Promise<void>;
  /** Whether it has nothing to do in this configuration: then nothing is delivered to it. */
  isDisabled?(): boolean;
  /** Whether it has anything to do for this event, by its content alone: otherwise it is not delivered to it. */
  isConcerned?(event: Event): boolean;
  /**
   * The event is about to be queued for it, since it is not handled yet: later events may overtake it. May be called while the
   * event is handled, and again. If it fails, the publication does.
   */
  beforeQueued?(event: Event): Promise<void>;
}

export const DURABLE = 'goalpost:durable';

/** Names a class with `@EventsHandler`. The routing table must name it, too, or the process does not boot. */
export const Durable = (options: DurableOptions): ClassDecorator => SetMetadata(DURABLE, options);
