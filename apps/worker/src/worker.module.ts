import { goalRoutes, GoalsWorkerModule } from '#goals';
import { LivestreamWorkerModule } from '#livestream';
import {
  type AppConfig,
  createHttpApp,
  EventsModule,
  IndexStep,
  JobWorkers,
  PeriodicTasks,
  PlatformModule,
} from '#platform';
import { type DynamicModule, Module } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

/** The process that works off the queues and holds the receivers; its HTTP answers /health alone. */
@Module({})
export class WorkerModule {
  static register(config: AppConfig): DynamicModule {
    return {
      module: WorkerModule,
      imports: [
        PlatformModule.register(config),
        EventsModule.register(goalRoutes),
        GoalsWorkerModule,
        LivestreamWorkerModule,
      ],
    };
  }
}

/** Boots a worker; it takes jobs once everything else is up. */
export async function bootWorker(config: AppConfig): Promise<NestFastifyApplication> {
  const app = await createHttpApp(WorkerModule.register(config), config);
  await app.init();
  await app.get(IndexStep).createOnEmpty();
  app.get(JobWorkers).start();
  app.get(PeriodicTasks).start();
  return app;
}
