import { AnalyticsWorkerModule } from '#analytics';
import { ContributionsModule } from '#contributions';
import { EventLogModule } from '#event-log';
import { BrokerModule } from '#messaging';
import { ChannelCacheModule, FeedModule, ViewerQueuesModule } from '#livestream';
import { RealtimeModule } from '#realtime';
import { SessionsModule, SessionStore } from '#sessions';
import { WebhooksWorkerModule } from '#webhooks';
import { Module, type OnModuleInit } from '@nestjs/common';
import { DiscoveryModule, DiscoveryService } from '@nestjs/core';
import { CqrsModule } from '@nestjs/cqrs';
import { MongooseModule } from '@nestjs/mongoose';
import { BroadcastHandler } from './broadcast/broadcast.handler.js';
import { Envelopes } from './broadcast/envelopes.js';
import { EventLogHandler } from './broadcast/event-log.handler.js';
import { CancelGoalController } from './cancel-goal/cancel-goal.controller.js';
import { CancelGoalHandler } from './cancel-goal/cancel-goal.handler.js';
import { ContributeHandler, VoidContributionHandler } from './contributions/contribute.handler.js';
import { RemoveMessageHandler } from './contributions/remove-message.handler.js';
import { ContributionMetrics } from './contributions/contribution-metrics.js';
import { ContributionService } from './contributions/contribution.service.js';
import { GroupCommit } from './contributions/group-commit.js';
import { ContributionsController } from './contributions/contributions.controller.js';
import { GiverNotifier } from './contributions/giver-notifier.js';
import { LateTicketNotifier } from './contributions/late-ticket-notifier.js';
import { GoalPublisher } from './publishing/goal-publisher.js';
import { Leaderboard } from './leaderboard/leaderboard.js';
import { LeaderboardKeys } from './leaderboard/leaderboard.scripts.js';
import { LeaderboardRebuilds } from './leaderboard/leaderboard-rebuilds.js';
import { LeaderboardCheck } from './leaderboard/leaderboard-check.js';
import { LeaderboardController } from './leaderboard/leaderboard.controller.js';
import { Backlog, CreateGoalService } from './create-goal/create-goal.service.js';
import { CreateShowGoalHandler } from './create-goal/show-goal.js';
import { CreateGoalController } from './create-goal/create-goal.controller.js';
import { assertDefinitions, goalDefinitions } from './create-goal/goal-definitions.js';
import { Placement } from './create-goal/placement.js';
import { SessionGoalLimits } from './create-goal/session-goal-limits.js';
import { SessionGuard } from './create-goal/session-guard.js';
import { CreateGoalProcessor } from './create-goal/create-goal.processor.js';
import { GoalMessagesController } from './messages/goal-messages.controller.js';
import { EditGoalController } from './edit-goal/edit-goal.controller.js';
import { EditGoalHandler } from './edit-goal/edit-goal.handler.js';
import { EndSessionController } from './end-session/end-session.controller.js';
import { EndSessionProcessor } from './end-session/end-session.processor.js';
import { FundingMetrics } from './funding/funding-metrics.js';
import { FundingProcessor } from './funding/funding.processor.js';
import { FundingService } from './funding/funding.service.js';
import { SettlementController } from './funding/settlement.controller.js';
import { Settlements } from './funding/settlements.js';
import { GoalReader } from './read-goal/goal.reader.js';
import { ShowReader } from './read-goal/show.reader.js';
import { GoalsController } from './read-goal/goals.controller.js';
import { GoalEffects } from './reconcile/goal-effects.js';
import { MoneyCheck } from './reconcile/money-check.js';
import { Reconciler } from './reconcile/reconciler.js';
import { Recovery } from './reconcile/recovery.js';
import { RequestSweep } from './reconcile/request-sweep.js';
import { GoalFailures } from './goal/goal-failures.service.js';
import { GoalMetrics } from './lifecycle/goal-metrics.js';
import { GoalStorageModule } from './goal-storage.module.js';
import { NotifyProgressHandler, TrackProgressHandler } from './contributions/progress.handler.js';
import { PublishedProgress } from './publishing/published-progress.js';
import { binders, GoalBoundPublisher } from './handlers/bind-goal.handler.js';
import { RTC_SNAPSHOT_MODEL, rtcSnapshotSchema, RtcSnapshotStore } from './handlers/rtc-snapshot.store.js';
import { HttpRtcSources, RtcSources, SessionRtcSources } from './handlers/rtc-sources.js';
import { AdvanceFundingHandler } from './handlers/advance-funding.handler.js';
import { ScheduleLifecycleHandler, ScheduleShowEndHandler } from './handlers/schedule-lifecycle.handler.js';
import { SnapshotRtcSourcesHandler } from './handlers/snapshot-rtc-sources.handler.js';
import { TrackHandler } from './handlers/track.handler.js';
import { NotifyLifecycleHandler, TrackLifecycleHandler } from './lifecycle/lifecycle.handler.js';
import { Lifecycle } from './lifecycle/lifecycle.js';
import { LifecycleProcessor } from './lifecycle/lifecycle.processor.js';
import { Sweep } from './lifecycle/sweep.js';
import { SkippedGoals } from './lifecycle/skipped-goals.js';
import { FinishShowController } from './performance/finish-show.controller.js';
import { FinishShowHandler } from './performance/finish-show.handler.js';
import { PerformanceController } from './performance/performance.controller.js';
import { PerformanceProcessor } from './performance/performance.processor.js';
import { PerformanceService } from './performance/performance.service.js';
import { ChannelAuthController } from './show-access/channel-auth.controller.js';
import { AccessController } from './show-access/access.controller.js';
import { accessHandlers } from './show-access/access.handlers.js';
import { AccessProcessor } from './show-access/access.processor.js';
import { AccessService } from './show-access/access.service.js';
import { ChannelAccess } from './show-access/channel-access.js';
import { ShowAccess } from './show-access/show-access.js';
import { GoalsConfig } from './goals.config.js';

/** Who takes requests for goals and shows goals, for the api. */
@Module({
  imports: [
    CqrsModule.forRoot(),
    DiscoveryModule,
    GoalStorageModule,
    SessionsModule,
    ContributionsModule,
    ViewerQueuesModule,
    ChannelCacheModule,
    RealtimeModule,
    EventLogModule,
  ],
  controllers: [
    CreateGoalController,
    GoalsController,
    CancelGoalController,
    EditGoalController,
    EndSessionController,
    ContributionsController,
    PerformanceController,
    FinishShowController,
    LeaderboardController,
    SettlementController,
    GoalMessagesController,
    ChannelAuthController,
    AccessController,
  ],
  providers: [
    CreateGoalService,
    SessionGuard,
    Placement,
    SessionGoalLimits,
    Backlog,
    GoalReader,
    ShowReader,
    ...Object.values(goalDefinitions).map(({ handler }) => handler),
    CancelGoalHandler,
    EditGoalHandler,
    ContributeHandler,
    VoidContributionHandler,
    RemoveMessageHandler,
    ContributionMetrics,
    ContributionService,
    GroupCommit,
    LateTicketNotifier,
    GiverNotifier,
    PerformanceService,
    FinishShowHandler,
    Leaderboard,
    ShowAccess,
    ChannelAccess,
    AccessService,
    LeaderboardKeys,
    LeaderboardRebuilds,
  ],
})
export class GoalsApiModule implements OnModuleInit {
  constructor(private readonly discovery: DiscoveryService) {}

  onModuleInit(): void {
    assertDefinitions(
      goalDefinitions,
      new Set(this.discovery.getProviders().map(({ metatype }) => metatype)),
    );
  }
}

/** Who creates goals and takes them through their life, with the handlers of their events, for the worker. */
@Module({
  imports: [
    GoalStorageModule,
    SessionsModule,
    ContributionsModule,
    ViewerQueuesModule,
    AnalyticsWorkerModule,
    FeedModule,
    RealtimeModule,
    EventLogModule,
    WebhooksWorkerModule,
    BrokerModule.register({ name: 'goalpost_events', patterns: ['goal.*', 'access.*'] }),
    MongooseModule.forFeature([{ name: RTC_SNAPSHOT_MODEL, schema: rtcSnapshotSchema }]),
  ],
  providers: [
    CreateGoalProcessor,
    RequestSweep,
    Recovery,
    FundingProcessor,
    FundingService,
    FundingMetrics,
    Settlements,
    // What it takes to accept the shows that start themselves.
    CreateShowGoalHandler,
    SessionGuard,
    Placement,
    SessionGoalLimits,
    GoalReader,
    ShowReader,
    EndSessionProcessor,
    LifecycleProcessor,
    Lifecycle,
    GoalMetrics,
    Sweep,
    SkippedGoals,
    GoalEffects,
    MoneyCheck,
    LeaderboardCheck,
    LeaderboardKeys,
    Reconciler,
    GoalBoundPublisher,
    GoalFailures,
    RtcSnapshotStore,
    {
      provide: RtcSources,
      inject: [GoalsConfig, SessionStore],
      useFactory: ({ rtc }: GoalsConfig, sessions: SessionStore) =>
        rtc.sourcesUrl ? new HttpRtcSources(rtc.sourcesUrl, rtc.timeoutMs) : new SessionRtcSources(sessions),
    },
    ...binders,
    ScheduleLifecycleHandler,
    ScheduleShowEndHandler,
    AdvanceFundingHandler,
    SnapshotRtcSourcesHandler,
    TrackHandler,
    NotifyLifecycleHandler,
    TrackLifecycleHandler,
    GoalPublisher,
    PublishedProgress,
    PerformanceProcessor,
    NotifyProgressHandler,
    TrackProgressHandler,
    Envelopes,
    EventLogHandler,
    BroadcastHandler,
    GoalReader,
    ShowAccess,
    AccessProcessor,
    ...accessHandlers,
  ],
})
export class GoalsWorkerModule implements OnModuleInit {
  onModuleInit(): void {
    assertDefinitions(goalDefinitions);
  }
}
