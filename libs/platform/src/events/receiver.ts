import { applyDecorators, Injectable, SetMetadata } from '@nestjs/common';
import type { DurableEvent, EventClass } from './durable-event.js';

/**
 * Where a receiver runs. `awaited`: within the job that publishes the event, which does not end before it has answered.
 * The others are queues of their own, so that what they wait for holds up nobody else.
 */
export type Lane = 'awaited' | 'push' | 'media' | 'broker';

/** What a receiver is called, which event or events it receives, and where it runs. */
export interface ReceiverOptions {
  name: string;
  event: EventClass | EventClass[];
  /** Default: awaited. */
  lane?: Lane;
}

/** Reacts to one event and does one thing. It may be called again for the same event, and must then do no more. */
export interface EventReceiver<Event extends DurableEvent = DurableEvent> {
  receive(event: Event): Promise<void>;
  /**
   * The last try failed: the delivery is dead until someone replays it. `death` is the same however often this is told, and
   * another one where the delivery was replayed and died again.
   */
  onDead?(event: Event, error: Error, receiver: string, death: string): Promise<void>;
  /** A dead delivery was replayed and went through. */
  onRevived?(event: Event, receiver: string): Promise<void>;
  /** Whether it has nothing to do, as this process is set up: then nothing is delivered to it. */
  isIdle?(): boolean;
  /** Whether it is quick at this time: then it is called within the job that publishes, and a job of its own is saved. */
  isPrompt?(): boolean;
}

export const RECEIVER = 'goalpost:receiver';

/** Makes a class a receiver; the routing table must name it, or the process does not boot. */
export const Receiver = (options: ReceiverOptions): ClassDecorator =>
  applyDecorators(Injectable(), SetMetadata(RECEIVER, options));
