import { SessionsModule } from '#sessions';
import { Module } from '@nestjs/common';
import { MongooseModule } from '@nestjs/mongoose';
import {
  EVENT_LOG_MODEL,
  eventLogSchema,
  LOG_POSITION_MODEL,
  logPositionSchema,
} from './event-log.schema.js';
import { EventLog } from './event-log.store.js';
import { EventsController } from './events.controller.js';
import { StreamController } from './stream/stream.controller.js';
import { StreamHub } from './stream/stream-hub.js';
import { StreamPublisher } from './stream/stream-publisher.js';

/** The log, for those who write to it. */
@Module({
  imports: [
    MongooseModule.forFeature([
      { name: EVENT_LOG_MODEL, schema: eventLogSchema },
      { name: LOG_POSITION_MODEL, schema: logPositionSchema },
    ]),
  ],
  providers: [EventLog, StreamPublisher],
  exports: [EventLog, StreamPublisher],
})
export class EventLogModule {}

/** The endpoints of the log and the streams, for the api. */
@Module({
  imports: [EventLogModule, SessionsModule],
  controllers: [EventsController, StreamController],
  providers: [StreamHub],
})
export class EventLogApiModule {}
