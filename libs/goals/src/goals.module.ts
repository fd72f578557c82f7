import { AnalyticsWorkerModule } from '#analytics';
import { ContributionsModule } from '#contributions';
import { BrokerModule } from '#messaging';
import { AppConfig } from '#platform';
import { AuthorizeQueueModule, ChannelCacheModule, FeedModule } from '#livestream';
import { RealtimeModule } from '#realtime';
import { SessionsModule, SessionStore } from '#sessions';
import { Module, type OnModuleInit } from '@nestjs/common';
import { DiscoveryModule, DiscoveryService } from '@nestjs/core';
import { CqrsModule } from '@nestjs/cqrs';
import { MongooseModule } from '@nestjs/mongoose';
import { BroadcastReceiver } from './broadcast/broadcast.receiver.js';
import { CancelGoalController } from './cancel-goal/cancel-goal.controller.js';
import { CancelGoalHandler } from './cancel-goal/cancel-goal.handler.js';
import { ContributeHandler } from './contributions/contribute.handler.js';
import { ContributionBook } from './contributions/contribution-book.js';
import { ContributionsController } from './contributions/contributions.controller.js';
import { LateTickets } from './contributions/late-tickets.js';
import { ProgressProcessor } from './contributions/progress.processor.js';
import { NotifyProgressReceiver } from './contributions/receivers/notify-progress/notify-progress.receiver.js';
import { PublishedProgress } from './contributions/receivers/notify-progress/published-progress.js';
import { TrackProgressReceiver } from './contributions/receivers/track-progress/track-progress.receiver.js';
import { Leaderboard } from './leaderboard/leaderboard.js';
import { LeaderboardKeys } from './leaderboard/leaderboard-keys.js';
import { LeaderboardRebuilds } from './leaderboard/leaderboard-rebuilds.js';
import { LeaderboardController } from './leaderboard/leaderboard.controller.js';
import { Backlog } from './create-goal/backlog.js';
import { CreateGoalController } from './create-goal/create-goal.controller.js';
import { CreateGoalService } from './create-goal/create-goal.service.js';
import { assertDefinitions, goalDefinitions } from './create-goal/goal-definitions.js';
import { Placement } from './create-goal/placement.js';
import { SessionGoalLimits } from './create-goal/session-goal-limits.js';
import { SessionGuard } from './create-goal/session-guard.js';
import { CreateGoalProcessor } from './create-goal/create-goal.processor.js';
import { GoalMessagesController } from './messages/goal-messages.controller.js';
import { EndSessionController } from './end-session/end-session.controller.js';
import { EndSessionProcessor } from './end-session/end-session.processor.js';
import { GoalReader } from './read-goal/goal.reader.js';
import { GoalsController } from './read-goal/goals.controller.js';
import { BoundGoals } from './goal-created/bound-goals.js';
import { BindExclusiveToSessionReceiver } from './goal-created/receivers/bind-exclusive-to-session/bind-exclusive-to-session.receiver.js';
import { BindExclusiveToTriggerReceiver } from './goal-created/receivers/bind-exclusive-to-trigger/bind-exclusive-to-trigger.receiver.js';
import { BindKaraokeToSessionReceiver } from './goal-created/receivers/bind-karaoke-to-session/bind-karaoke-to-session.receiver.js';
import { BindPrivateToSessionReceiver } from './goal-created/receivers/bind-private-to-session/bind-private-to-session.receiver.js';
import { BindShowToFundingReceiver } from './goal-created/receivers/bind-show-to-funding/bind-show-to-funding.receiver.js';
import { BindShowToSessionReceiver } from './goal-created/receivers/bind-show-to-session/bind-show-to-session.receiver.js';
import { ScheduleLifecycleReceiver } from './goal-created/receivers/schedule-lifecycle/schedule-lifecycle.receiver.js';
import { HttpRtcSources } from './goal-created/receivers/snapshot-rtc-sources/http-rtc-sources.js';
import {
  RTC_SNAPSHOT_MODEL,
  rtcSnapshotSchema,
} from './goal-created/receivers/snapshot-rtc-sources/rtc-snapshot.schema.js';
import { RtcSnapshotStore } from './goal-created/receivers/snapshot-rtc-sources/rtc-snapshot.store.js';
import { RtcSources } from './goal-created/receivers/snapshot-rtc-sources/rtc-sources.js';
import { SessionRtcSources } from './goal-created/receivers/snapshot-rtc-sources/session-rtc-sources.js';
import { SnapshotRtcSourcesReceiver } from './goal-created/receivers/snapshot-rtc-sources/snapshot-rtc-sources.receiver.js';
import { TrackReceiver } from './goal-created/receivers/track/track.receiver.js';
import { Reconciler } from './reconcile/reconciler.js';
import { GoalFailures } from './goal-failed/goal-failures.js';
import { SoleBinding } from './goal-created/sole-binding.js';
import { GoalTimings } from './goal-timings.js';
import { GoalStorageModule } from './goal-storage.module.js';
import { Lifecycle } from './lifecycle/lifecycle.js';
import { LifecycleProcessor } from './lifecycle/lifecycle.processor.js';
import { NotifyLifecycleReceiver } from './lifecycle/receivers/notify-lifecycle/notify-lifecycle.receiver.js';
import { TrackLifecycleReceiver } from './lifecycle/receivers/track-lifecycle/track-lifecycle.receiver.js';
import { Sweep } from './lifecycle/sweep.js';
import { SkippedGoals } from './skipped-goals.js';
import { ChannelAccess } from './show-access/channel-access.js';
import { ChannelAuthController } from './show-access/channel-auth.controller.js';
import { ShowAccess } from './show-access/show-access.js';

/** Who takes requests for goals and shows goals, for the api. */
@Module({
  imports: [
    CqrsModule.forRoot(),
    DiscoveryModule,
    GoalStorageModule,
    SessionsModule,
    ContributionsModule,
    AuthorizeQueueModule,
    ChannelCacheModule,
    RealtimeModule,
  ],
  controllers: [
    CreateGoalController,
    GoalsController,
    CancelGoalController,
    EndSessionController,
    ContributionsController,
    LeaderboardController,
    GoalMessagesController,
    ChannelAuthController,
  ],
  providers: [
    CreateGoalService,
    SessionGuard,
    Placement,
    SessionGoalLimits,
    Backlog,
    GoalReader,
    ...Object.values(goalDefinitions).map(({ handler }) => handler),
    CancelGoalHandler,
    ContributeHandler,
    ContributionBook,
    LateTickets,
    Leaderboard,
    ShowAccess,
    ChannelAccess,
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

const goalCreatedReceivers = [
  ScheduleLifecycleReceiver,
  BindKaraokeToSessionReceiver,
  BindExclusiveToTriggerReceiver,
  BindExclusiveToSessionReceiver,
  BindPrivateToSessionReceiver,
  SnapshotRtcSourcesReceiver,
  TrackReceiver,
  BindShowToFundingReceiver,
  BindShowToSessionReceiver,
];

/** Who creates goals and takes them through their life, with the receivers of their events, for the worker. */
@Module({
  imports: [
    GoalStorageModule,
    SessionsModule,
    AnalyticsWorkerModule,
    FeedModule,
    RealtimeModule,
    BrokerModule.register({ name: 'goalpost_events', patterns: ['goal.*'] }),
    MongooseModule.forFeature([{ name: RTC_SNAPSHOT_MODEL, schema: rtcSnapshotSchema }]),
  ],
  providers: [
    CreateGoalProcessor,
    EndSessionProcessor,
    LifecycleProcessor,
    Lifecycle,
    GoalTimings,
    Sweep,
    SkippedGoals,
    Reconciler,
    BoundGoals,
    GoalFailures,
    SoleBinding,
    RtcSnapshotStore,
    {
      provide: RtcSources,
      inject: [AppConfig, SessionStore],
      useFactory: ({ rtc }: AppConfig, sessions: SessionStore) =>
        rtc.sourcesUrl ? new HttpRtcSources(rtc.sourcesUrl, rtc.timeoutMs) : new SessionRtcSources(sessions),
    },
    ...goalCreatedReceivers,
    NotifyLifecycleReceiver,
    TrackLifecycleReceiver,
    ProgressProcessor,
    PublishedProgress,
    NotifyProgressReceiver,
    TrackProgressReceiver,
    BroadcastReceiver,
  ],
})
export class GoalsWorkerModule implements OnModuleInit {
  onModuleInit(): void {
    assertDefinitions(goalDefinitions);
  }
}
