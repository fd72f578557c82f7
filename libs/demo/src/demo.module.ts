import { Module } from '@nestjs/common';
import { AssetsController } from './assets/assets.controller.js';
import { ConfigController } from './config/config.controller.js';
import { PagesController } from './pages.controller.js';

/** The demo page and the overlay of a broadcaster: for local mode, where whoever asks may have the tokens. */
@Module({ controllers: [PagesController, AssetsController, ConfigController] })
export class DemoModule {}
