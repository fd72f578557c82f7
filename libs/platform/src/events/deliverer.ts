import { Injectable } from '@nestjs/common';
import { Delivery } from './delivery.js';
import type { DurableEvent } from './durable-event.js';
import { Ledger } from './ledger.js';
import { ReceiverWatch } from './receiver-watch.js';

/** Begins deliveries. */
@Injectable()
export class Deliverer {
  constructor(
    private readonly ledger: Ledger,
    private readonly watch: ReceiverWatch,
  ) {}

  /** A delivery of the event to whoever is not done with it yet. */
  async begin(event: DurableEvent): Promise<Delivery> {
    return new Delivery(event, await this.ledger.doneWith(event.id), this.ledger, this.watch);
  }
}
