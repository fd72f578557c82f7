import { Module } from '@nestjs/common';
import { DemoController } from './demo.controller.js';

/** The demo page and the overlay. They hand out tokens to everyone, so they are for local mode only. */
@Module({ controllers: [DemoController] })
export class DemoModule {}
