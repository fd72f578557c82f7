import { Injectable } from '@nestjs/common';
import { Counter, Registry } from 'prom-client';

/** Counts messages to the screens of viewers by what came of each attempt. */
@Injectable()
export class PushMetrics {
  private readonly pushes: Counter<'outcome'>;

  constructor(registry: Registry) {
    this.pushes = new Counter({
      name: 'goalpost_pushes_total',
      help: 'Messages to Pusher by outcome: delivered, refused for their content, failed (they are retried)',
      labelNames: ['outcome'],
      registers: [registry],
    });
  }

  /** Counts a call with so many messages by what it resolves to, the reason for each that was refused. */
  async count<Refusal>(
    messages: number,
    call: Promise<(Refusal | undefined)[]>,
  ): Promise<(Refusal | undefined)[]> {
    try {
      const refusals = await call;
      const refused = refusals.filter((refusal) => refusal !== undefined).length;
      this.pushes.inc({ outcome: 'refused' }, refused);
      this.pushes.inc({ outcome: 'delivered' }, messages - refused);
      return refusals;
    } catch (error) {
      this.pushes.inc({ outcome: 'failed' }, messages);
      throw error;
    }
  }
}
