import { type GoalAdded, goalTypes } from '#contracts';
import { ShowViewers } from '#contributions';
import { Durable, DurableEvent, type DurableEventHandler, PermanentError } from '#platform';
import { batchLimit, Channels, Realtime } from '#realtime';
import { EventsHandler } from '@nestjs/cqrs';
import { ChannelCache } from '../channel-cache.js';
import { FeedStore } from '../feed/feed.store.js';
import { TicketBuyerNotifier } from './authorize.processor.js';
import { AuthorizeQueue } from './authorize.queue.js';

/** A goal is bound to its session and may be shown on the stream. */
export class GoalAddedEvent extends DurableEvent<GoalAdded> {
  readonly type = 'goal.added';

  get subject(): string {
    return this.data.goal_id;
  }

  get route(): string {
    return this.data._cls;
  }
}

/** Adds an entry to the feed of the livestream. */
@EventsHandler(GoalAddedEvent)
@Durable({ name: 'feed' })
export class FeedHandler implements DurableEventHandler<GoalAddedEvent> {
  constructor(private readonly feed: FeedStore) {}

  async handle({ id, type, data, occurredAt }: GoalAddedEvent): Promise<void> {
    await this.feed.add({
      feedId: id,
      type,
      sessionId: data.session_id,
      streamerId: data.streamer_id,
      goalId: data.goal_id,
      goalClass: data._cls,
      context: data.context,
      at: occurredAt,
    });
  }
}

/** Pushes to every screen of the stream that a goal was added. */
@EventsHandler(GoalAddedEvent)
@Durable({ name: 'notify', queue: 'push' })
export class NotifyHandler implements DurableEventHandler<GoalAddedEvent> {
  constructor(
    private readonly realtime: Realtime,
    private readonly channels: Channels,
  ) {}

  async handle({ id, type, data }: GoalAddedEvent): Promise<void> {
    await this.realtime.send(this.channels.stream(data.streamer_id), type, {
      event_id: id,
      ...data,
      goal_type: goalTypes[data._cls],
    });
  }
}

/**
 * Notifies all who have a ticket or a grant for a show that they may watch now: immediately if one call is enough, otherwise by jobs.
 */
@EventsHandler(GoalAddedEvent)
@Durable({ name: 'authorize', queue: 'push' })
export class AuthorizeHandler implements DurableEventHandler<GoalAddedEvent> {
  constructor(
    private readonly viewers: ShowViewers,
    private readonly jobs: AuthorizeQueue,
    private readonly notifier: TicketBuyerNotifier,
  ) {}

  async handle({ data }: GoalAddedEvent): Promise<void> {
    const { goal_id, session_id, streamer_id, context } = data;
    const { funding_goal_id } = context;
    if (!funding_goal_id) throw new PermanentError('the show goal names no funding goal');
    const show = { goal_id, session_id, streamer_id, funding_goal_id };
    const viewers = await this.viewers.ifFew(funding_goal_id, batchLimit);
    if (!viewers) return this.jobs.add(show);
    // If nobody has a ticket or a grant, the streamer alone is notified.
    await this.notifier.notify(show, viewers.length > 0 ? viewers : [streamer_id]);
  }
}

/** Deletes the cached channel data, which does not contain the new goal yet. */
@EventsHandler(GoalAddedEvent)
@Durable({ name: 'channel-cache' })
export class ChannelCacheHandler implements DurableEventHandler<GoalAddedEvent> {
  constructor(private readonly cache: ChannelCache) {}

  async handle({ data }: GoalAddedEvent): Promise<void> {
    await this.cache.drop(data.streamer_id);
  }
}
