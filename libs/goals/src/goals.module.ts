import { AnalyticsWorkerModule } from '#analytics';
import { SessionsModule } from '#sessions';
import { BullModule } from '@nestjs/bull';
import { Module } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { MongooseModule } from '@nestjs/mongoose';
import { Admission } from './create-goal/admission.js';
import { Claims } from './create-goal/claims.js';
import { CreateGoalController } from './create-goal/create-goal.controller.js';
import { createGoal } from './create-goal/create-goal.job.js';
import { CreateGoalProcessor } from './create-goal/create-goal.processor.js';
import { CreateGoalQueue } from './create-goal/create-goal.queue.js';
import { References } from './create-goal/references.js';
import { CreateShowFundingGoalHandler } from './create-goal/show-funding/create-show-funding-goal.handler.js';
import { CreateShowGoalHandler } from './create-goal/show/create-show-goal.handler.js';
import { GoalReader } from './get-goal/goal.reader.js';
import { GoalsController } from './get-goal/goals.controller.js';
import { GOAL_MODEL, goalSchema } from './goal/goal.schema.js';
import { GoalStore } from './goal/goal.store.js';
import { BindShowToFundingReceiver } from './goal-created/receivers/bind-show-to-funding/bind-show-to-funding.receiver.js';
import { BindShowToSessionReceiver } from './goal-created/receivers/bind-show-to-session/bind-show-to-session.receiver.js';
import { TrackReceiver } from './goal-created/receivers/track/track.receiver.js';

@Module({
  imports: [
    MongooseModule.forFeature([{ name: GOAL_MODEL, schema: goalSchema }]),
    BullModule.registerQueue({ name: createGoal }),
  ],
  providers: [GoalStore, CreateGoalQueue],
  exports: [GoalStore, CreateGoalQueue, BullModule],
})
class GoalStorageModule {}

/** Who takes requests for goals and shows goals, for the api. */
@Module({
  imports: [CqrsModule.forRoot(), GoalStorageModule, SessionsModule],
  controllers: [CreateGoalController, GoalsController],
  providers: [Admission, Claims, References, GoalReader, CreateShowGoalHandler, CreateShowFundingGoalHandler],
})
export class GoalsApiModule {}

/** Who creates goals, and the receivers of GoalCreatedEvent, for the worker. */
@Module({
  imports: [GoalStorageModule, SessionsModule, AnalyticsWorkerModule],
  providers: [CreateGoalProcessor, TrackReceiver, BindShowToFundingReceiver, BindShowToSessionReceiver],
})
export class GoalsWorkerModule {}
