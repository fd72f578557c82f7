import { goalDeliveryQueues, goalRoutes, GoalsWorkerModule } from '#goals';
import { LivestreamWorkerModule } from '#livestream';
import { Broker } from '#messaging';
import { OperationsWorkerModule } from '#operations';
import { OverlayStorageModule } from '#overlay';
import { PeopleWorkerModule } from '#people';
import {
  type AppConfig,
  createHttpApp,
  DueLists,
  EventsModule,
  finishBoot,
  IndexStep,
  JobWorkers,
  PeriodicTasks,
  PlatformModule,
  ProcessLogger,
} from '#platform';
import { type DynamicModule, type INestApplicationContext, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

/** The process that works off the queues and holds the handlers; its HTTP answers /health and /metrics alone. */
@Module({})
export class WorkerModule {
  static register(config: AppConfig): DynamicModule {
    return {
      module: WorkerModule,
      imports: [
        PlatformModule.register(config),
        EventsModule.register(goalRoutes, { queues: goalDeliveryQueues }),
        GoalsWorkerModule,
        LivestreamWorkerModule,
        PeopleWorkerModule,
        OverlayStorageModule,
        OperationsWorkerModule,
      ],
    };
  }
}

/** Boots a worker; it takes jobs once everything else is up. */
export async function bootWorker(config: AppConfig): Promise<NestFastifyApplication> {
  const app = await createHttpApp(WorkerModule.register(config), config, 'worker');
  return finishBoot(app, async () => {
    await app.init();
    await app.get(IndexStep).createOnEmpty();
    app.get(Broker, { strict: false }).open();
    app.get(JobWorkers).start();
    app.get(DueLists).start();
    app.get(PeriodicTasks).start();
  });
}

/** Boots what operators need of a worker: its stores, queues and handlers; it takes no jobs. */
export async function bootOperations(config: AppConfig): Promise<INestApplicationContext> {
  const logger = await ProcessLogger.create({
    app: 'cli',
    level: 'error',
    pretty: config.log.pretty,
    fd: 2,
  });
  return NestFactory.createApplicationContext(WorkerModule.register(config), { logger, abortOnError: false });
}
