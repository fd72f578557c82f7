import { Module } from '@nestjs/common';
import { AllQueuesModule } from './all-queues.module.js';
import { MetricsController } from './metrics/metrics.controller.js';
import { Metrics } from './metrics/metrics.js';

/** What operators see over HTTP, for the api. */
@Module({ imports: [AllQueuesModule], controllers: [MetricsController], providers: [Metrics] })
export class OperationsApiModule {}
