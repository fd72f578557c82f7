import { Promptness } from '../../patience/promptness.js';

/** Something that other services are told of, under the pattern by which their handlers wait for it. */
export interface OutgoingEvent {
  /** The same news has the same id, however often it is sent. */
  id: string;
  pattern: string;
  data: object;
}

/** Takes events for other services, and knows how quick it is by the last one that it took. */
export abstract class Broker {
  /** Nobody is told anything, so there is nothing to deliver. */
  readonly isSilent: boolean = false;
  private readonly promptness = new Promptness();

  /** Whether it takes an event within a moment. */
  get isPrompt(): boolean {
    return this.promptness.holds;
  }

  /** Resolves once the broker has taken all of them, in their order; after a failure any of them may have been taken. */
  send(events: OutgoingEvent[]): Promise<void> {
    return this.promptness.watch(() => this.publish(events));
  }

  /** Connects ahead of the first event. */
  open(): void {}

  /** Lets go of its connection. */
  close(): Promise<void> {
    return Promise.resolve();
  }

  protected abstract publish(events: OutgoingEvent[]): Promise<void>;
}

/** The form in which a Nest application takes an event from any transport. */
export function nestPacket({ pattern, data }: OutgoingEvent): string {
  return JSON.stringify({ pattern, data });
}
