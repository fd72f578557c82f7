import type { DurableEvent } from './durable-event.js';
import type { Ledger } from './ledger.js';
import type { RegisteredReceiver } from './receiver-registry.js';
import type { ReceiverWatch } from './receiver-watch.js';

/** A receiver that did not take an event, and why. */
export interface FailedDelivery {
  receiver: RegisteredReceiver;
  error: Error;
}

/** Hands an event to receivers, and notes who is done with it. */
export class Delivery {
  private kept?: Promise<unknown>;

  constructor(
    readonly event: DurableEvent,
    private readonly done: Set<string>,
    private readonly ledger: Ledger,
    private readonly watch: ReceiverWatch,
  ) {}

  /** Those of the receivers that were not done when the delivery began. */
  due(receivers: RegisteredReceiver[]): RegisteredReceiver[] {
    return receivers.filter(({ name }) => !this.done.has(name));
  }

  /** Runs those that are due, all at once, and waits until each has answered; returns the ones that failed. */
  async to(receivers: RegisteredReceiver[]): Promise<FailedDelivery[]> {
    const outcomes = await Promise.all(this.due(receivers).map((receiver) => this.run(receiver)));
    return outcomes.filter((outcome) => outcome !== undefined);
  }

  private async run(receiver: RegisteredReceiver): Promise<FailedDelivery | undefined> {
    try {
      await this.watch.run(this.event, receiver.name, () => receiver.instance.receive(this.event));
      await Promise.all([this.ledger.markDone(this.event.id, receiver.name), this.keep()]);
      return undefined;
    } catch (error) {
      return { receiver, error: error instanceof Error ? error : new Error(String(error)) };
    }
  }

  /** Says once how long the ledger keeps the event, right behind the first entry: a key of its own has no end. */
  private keep(): Promise<unknown> {
    this.kept ??= this.ledger.keep(this.event).catch((error: unknown) => {
      this.kept = undefined;
      throw error;
    });
    return this.kept;
  }
}
