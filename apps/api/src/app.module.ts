import { AuditApiModule } from '#audit';
import { demoDocs, DemoModule } from '#demo';
import { EventLogApiModule } from '#event-log';
import { GoalsApiModule, RehearseApiModule } from '#goals';
import { LivestreamApiModule } from '#livestream';
import { connectMessaging } from '#messaging';
import { loadAppConfig, OperationsApiModule, serveConsole, serveQueueBoard } from '#operations';
import { OverlayApiModule } from '#overlay';
import {
  type AppConfig,
  createHttpApp,
  createOpenApiPreview,
  finishBoot,
  PlatformModule,
  serveDocs,
} from '#platform';
import { PeopleApiModule } from '#people';
import { RealtimeApiModule } from '#realtime';
import { SessionsApiModule } from '#sessions';
import { WebhooksApiModule } from '#webhooks';
import { type DynamicModule, Module } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { apiDescription, asyncApi } from './api-description.js';

/** The process that answers HTTP. */
@Module({})
export class AppModule {
  static register(config: AppConfig): DynamicModule {
    return {
      module: AppModule,
      imports: [
        PlatformModule.register(config),
        SessionsApiModule,
        GoalsApiModule,
        EventLogApiModule,
        WebhooksApiModule,
        LivestreamApiModule,
        RealtimeApiModule,
        OperationsApiModule,
        PeopleApiModule,
        AuditApiModule,
        OverlayApiModule,
        RehearseApiModule,
        ...(config.demo ? [DemoModule] : []),
      ],
    };
  }
}

/** The OpenAPI document, without any server; the same on every machine. */
export function describeApi() {
  const anywhere = 'goalpost.invalid';
  const env = { MONGO_URL: `mongodb://${anywhere}/goalpost`, REDIS_URL: `redis://${anywhere}` };
  return createOpenApiPreview(
    AppModule.register(loadAppConfig({ ...env, JWT_SECRET: anywhere.repeat(2) })),
    apiDescription,
  );
}

/** Boots the api, not listening yet. */
export async function bootApi(config: AppConfig): Promise<NestFastifyApplication> {
  const app = await createHttpApp(AppModule.register(config), config, 'api');
  return finishBoot(app, async () => {
    await serveQueueBoard(app);
    await serveConsole(app);
    if (config.http.docs) serveDocs(app, apiDescription, asyncApi, config.demo && demoDocs(config.demo.file));
    await app.init();
    await connectMessaging(app);
  });
}
