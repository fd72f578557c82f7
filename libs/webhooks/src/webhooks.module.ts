import { AuditModule } from '#audit';
import { SessionsModule } from '#sessions';
import { Module } from '@nestjs/common';
import { MongooseModule } from '@nestjs/mongoose';
import { DeliveryStore } from './delivery.store.js';
import { HostResolver, TargetGuard } from './target-guard.js';
import {
  DELIVERY_MODEL,
  deliverySchema,
  REVISION_MODEL,
  revisionSchema,
  WEBHOOK_MODEL,
  webhookSchema,
} from './webhook.schema.js';
import { WebhookDispatcher } from './webhook-dispatcher.js';
import { WebhookSender } from './webhook-sender.js';
import { WebhookStore } from './webhook.store.js';
import { WebhooksController } from './webhooks.controller.js';

@Module({
  imports: [
    AuditModule,
    MongooseModule.forFeature([
      { name: WEBHOOK_MODEL, schema: webhookSchema },
      { name: DELIVERY_MODEL, schema: deliverySchema },
      { name: REVISION_MODEL, schema: revisionSchema },
    ]),
  ],
  providers: [WebhookStore, DeliveryStore, HostResolver, TargetGuard],
  exports: [WebhookStore, DeliveryStore, TargetGuard],
})
class WebhookStorageModule {}

/** The endpoints of webhooks, for the api. */
@Module({ imports: [WebhookStorageModule, SessionsModule], controllers: [WebhooksController] })
export class WebhooksApiModule {}

/** Who calls webhooks, for the worker. */
@Module({
  imports: [WebhookStorageModule],
  providers: [WebhookSender, WebhookDispatcher],
  exports: [WebhookDispatcher],
})
export class WebhooksWorkerModule {}
