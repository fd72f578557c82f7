import { EventLogModule } from '#event-log';
import { RealtimeModule } from '#realtime';
import { SessionsModule } from '#sessions';
import { Module } from '@nestjs/common';
import { GoalStorageModule } from './goal-storage.module.js';
import { GoalReader } from './read-goal/goal.reader.js';
import { RehearseController } from './rehearse/rehearse.controller.js';

/** The rehearsal of events, for the api. */
@Module({
  imports: [GoalStorageModule, SessionsModule, RealtimeModule, EventLogModule],
  controllers: [RehearseController],
  providers: [GoalReader],
})
export class RehearseApiModule {}
