import { Module } from '@nestjs/common';
import { DemoController } from './demo.controller.js';

/** The demo page. It hands out tokens to everyone, so it is for local mode only. */
@Module({ controllers: [DemoController] })
export class DemoModule {}
