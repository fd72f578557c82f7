import { Module } from '@nestjs/common';
import { AllQueuesModule, WorkedQueuesModule } from './all-queues.module.js';
import { MetricsController } from './metrics/metrics.controller.js';
import { Metrics } from './metrics/metrics.js';
import { QueueGauges } from './metrics/queue-gauges.js';

const metrics = { controllers: [MetricsController], providers: [Metrics, QueueGauges] };

/** What operators see over HTTP, for the api. */
@Module({ imports: [AllQueuesModule], ...metrics })
export class OperationsApiModule {}

/** What operators see of a worker. */
@Module({ imports: [WorkedQueuesModule], ...metrics })
export class OperationsWorkerModule {}
