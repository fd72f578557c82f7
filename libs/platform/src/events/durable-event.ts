import { idFrom } from '../mongo/object-id.js';

/** An event as a queue keeps it. */
export interface StoredEvent<Data extends object = object> {
  type: string;
  data: Data;
  occurred_at: string;
}

/** A fact that receivers react to, each exactly once, however often the process dies in between. */
export abstract class DurableEvent<Data extends object = object> {
  /** Name of the event, `goal.created`. */
  abstract readonly type: string;
  /** Id of what it happened to. */
  abstract readonly subject: string;
  /** Which row of the routing table says who receives it. */
  abstract readonly route: string;

  /** How long a second delivery is recognised as one. */
  readonly rememberedSeconds: number = 24 * 3600;

  private knownId?: string;

  constructor(
    readonly data: Data,
    readonly occurredAt = new Date(),
  ) {}

  /** The same fact has the same id, however often it is told. */
  get id(): string {
    return (this.knownId ??= idFrom(this.type, this.subject));
  }

  /** Its form in a queue. */
  toStored(): StoredEvent<Data> {
    return { type: this.type, data: this.data, occurred_at: this.occurredAt.toISOString() };
  }
}

/** A class of events, as receivers name it. */
export type EventClass<Event extends DurableEvent = DurableEvent> = new (
  data: never,
  occurredAt?: Date,
) => Event;
