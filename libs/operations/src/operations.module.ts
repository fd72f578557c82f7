import { AuditModule } from '#audit';
import { BullModule } from '@nestjs/bull';
import { Module } from '@nestjs/common';
import { processedQueues, queueNames, registeredQueues } from './all-queues.js';
import { MetricsController } from './metrics.controller.js';
import { MetricsService } from './metrics.service.js';
import { TokenDenialsController } from './token-denials.controller.js';

/** What operators see over HTTP, for the api. */
@Module({
  imports: [AuditModule, BullModule.registerQueue(...queueNames.map((name) => ({ name })))],
  controllers: [MetricsController, TokenDenialsController],
  providers: [MetricsService, registeredQueues],
})
export class OperationsApiModule {}

/** What operators see of a worker. */
@Module({
  imports: [AuditModule],
  controllers: [MetricsController],
  providers: [MetricsService, processedQueues],
})
export class OperationsWorkerModule {}
