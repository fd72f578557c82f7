import { AuditModule } from '#audit';
import { BullModule } from '@nestjs/bull';
import { Module } from '@nestjs/common';
import { MongooseModule } from '@nestjs/mongoose';
import { createGoal, CreateGoalQueue } from './goal/create-goal.queue.js';
import { endSession, EndSessionQueue } from './end-session/end-session.queue.js';
import { FundingQueue, fundingQueue } from './funding/funding.queue.js';
import { AccessQueue, accessQueue } from './show-access/access.queue.js';
import { EditStore } from './edit-goal/edit.store.js';
import { goalDefinitions } from './create-goal/goal-definitions.js';
import { GOAL_CLASSES } from './goal/goal-classes.js';
import { FundingStore } from './goal/funding.store.js';
import { GOAL_REQUEST_MODEL, goalRequestSchema } from './goal/goal-request.schema.js';
import { GoalRequestStore } from './goal/goal-request.store.js';
import { GOAL_MODEL, goalSchema } from './goal/goal.schema.js';
import { GoalStore } from './goal/goal.store.js';
import { ProgressStore } from './goal/progress.store.js';
import { PerformanceStore } from './goal/performance.store.js';
import {
  PERFORMANCE_REPORT_MODEL,
  performanceReportSchema,
} from './performance/performance-report.schema.js';
import { PerformanceReportStore } from './performance/performance-report.store.js';
import { PerformanceTimers } from './performance/performance-timers.js';
import { PerformanceQueue, performanceQueue } from './performance/performance.queue.js';
import { PublicationStore } from './goal/publication.store.js';
import { UnpublishedGoals } from './publishing/unpublished-goals.js';
import { LifecycleStore } from './goal/lifecycle.store.js';
import { LifecycleQueue, lifecycleQueue } from './lifecycle/lifecycle.queue.js';

/** The queues of what is to happen to goals. */
export const goalQueues = [
  createGoal,
  lifecycleQueue,
  endSession,
  fundingQueue,
  performanceQueue,
  accessQueue,
];

/** What reads and writes goals, and queues what is to happen to them. */
const storage = [
  GoalStore,
  GoalRequestStore,
  LifecycleStore,
  EditStore,
  CreateGoalQueue,
  LifecycleQueue,
  EndSessionQueue,
  ProgressStore,
  PublicationStore,
  UnpublishedGoals,
  FundingStore,
  FundingQueue,
  PerformanceStore,
  PerformanceQueue,
  PerformanceTimers,
  PerformanceReportStore,
  AccessQueue,
];

/** Where goals are: the collection, and the queues of what is to happen to them. */
@Module({
  imports: [
    AuditModule,
    MongooseModule.forFeature([
      { name: PERFORMANCE_REPORT_MODEL, schema: performanceReportSchema },
      { name: GOAL_MODEL, schema: goalSchema(goalDefinitions) },
      { name: GOAL_REQUEST_MODEL, schema: goalRequestSchema },
    ]),
    BullModule.registerQueue(...goalQueues.map((name) => ({ name }))),
  ],
  providers: [{ provide: GOAL_CLASSES, useValue: goalDefinitions }, ...storage],
  exports: [GOAL_CLASSES, ...storage, AuditModule, BullModule],
})
export class GoalStorageModule {}
