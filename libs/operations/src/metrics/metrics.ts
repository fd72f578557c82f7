import { Injectable } from '@nestjs/common';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { QueueGauges } from './queue-gauges.js';

/** What operators watch: the process itself, its queues, and whatever its parts measure. */
@Injectable()
export class Metrics {
  constructor(
    private readonly registry: Registry,
    private readonly queues: QueueGauges,
  ) {
    collectDefaultMetrics({ register: registry });
  }

  /** All metrics as Prometheus reads them. */
  async text(): Promise<string> {
    await this.queues.refresh();
    return this.registry.metrics();
  }
}
