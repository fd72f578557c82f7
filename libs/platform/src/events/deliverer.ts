import { Injectable } from '@nestjs/common';
import type { DurableEvent } from './durable-event.js';
import { Ledger } from './ledger.js';
import { ReceiverWatch } from './receiver-watch.js';
import type { RegisteredReceiver } from './receiver-registry.js';

/** A receiver that did not take an event, and why. */
export interface FailedDelivery {
  receiver: RegisteredReceiver;
  error: Error;
}

/** Hands an event to receivers, all at once, and waits until each has answered. */
@Injectable()
export class Deliverer {
  constructor(
    private readonly ledger: Ledger,
    private readonly watch: ReceiverWatch,
  ) {}

  /** Runs those receivers that are not done with the event yet; returns the ones that failed. */
  async deliver(event: DurableEvent, receivers: RegisteredReceiver[]): Promise<FailedDelivery[]> {
    const done = await this.ledger.doneWith(event.id);
    const due = receivers.filter(({ name }) => !done.has(name));
    const outcomes = await Promise.all(due.map((receiver) => this.run(event, receiver)));
    return outcomes.filter((outcome) => outcome !== undefined);
  }

  private async run(event: DurableEvent, receiver: RegisteredReceiver): Promise<FailedDelivery | undefined> {
    try {
      await this.watch.run(event, receiver.name, () => receiver.instance.receive(event));
      await this.ledger.markDone(event, receiver.name);
      return undefined;
    } catch (error) {
      return { receiver, error: error instanceof Error ? error : new Error(String(error)) };
    }
  }
}
