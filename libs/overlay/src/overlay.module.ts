import { AuditModule } from '#audit';
import { SessionsModule } from '#sessions';
import { Module } from '@nestjs/common';
import { MongooseModule } from '@nestjs/mongoose';
import { OverlayPagesController } from './pages/overlay-pages.controller.js';
import { OVERLAY_TOKEN_MODEL, overlayTokenSchema } from './tokens/overlay-token.schema.js';
import { OverlayTokenStore } from './tokens/overlay-token.store.js';
import { OverlayTokens } from './tokens/overlay-tokens.js';
import { OverlayTokensController } from './tokens/overlay-tokens.controller.js';

/** The overlay for broadcasters: its tokens and its pages, for the api. */
@Module({
  imports: [
    AuditModule,
    SessionsModule,
    MongooseModule.forFeature([{ name: OVERLAY_TOKEN_MODEL, schema: overlayTokenSchema }]),
  ],
  controllers: [OverlayTokensController, OverlayPagesController],
  providers: [OverlayTokens, OverlayTokenStore],
})
export class OverlayApiModule {}
