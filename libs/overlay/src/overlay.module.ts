import { AuditModule } from '#audit';
import { RealtimeModule } from '#realtime';
import { SessionsModule } from '#sessions';
import { Module } from '@nestjs/common';
import { MongooseModule } from '@nestjs/mongoose';
import { OverlayPagesController } from './pages/overlay-pages.controller.js';
import { OverlayTransportController } from './pages/overlay-transport.controller.js';
import { OVERLAY_TOKEN_MODEL, overlayTokenSchema } from './tokens/overlay-token.schema.js';
import { OverlayTokenStore } from './tokens/overlay-token.store.js';
import { OverlayTokens } from './tokens/overlay-tokens.js';
import { OverlayTokensController } from './tokens/overlay-tokens.controller.js';

/** The collection of the tokens. The worker and the command line have it, too, since they create its index. */
@Module({
  imports: [MongooseModule.forFeature([{ name: OVERLAY_TOKEN_MODEL, schema: overlayTokenSchema }])],
  exports: [MongooseModule],
})
export class OverlayStorageModule {}

/** The overlay for broadcasters: its tokens and its pages, for the api. */
@Module({
  imports: [AuditModule, RealtimeModule, SessionsModule, OverlayStorageModule],
  controllers: [OverlayTokensController, OverlayPagesController, OverlayTransportController],
  providers: [OverlayTokens, OverlayTokenStore],
})
export class OverlayApiModule {}
