import { ContributionStore } from '#contributions';
import { Durable, type DurableEventHandler, PermanentError } from '#platform';
import { batchLimit } from '#realtime';
import { EventsHandler } from '@nestjs/cqrs';
import { AuthorizeQueue } from './authorize.queue.js';
import { GoalAddedEvent } from './goal-added.event.js';
import { TicketBuyerNotifier } from './ticket-buyer-notifier.js';

/**
 * Notifies everyone who owns a ticket for the show that they may watch now: at once if one call takes all of them,
 * otherwise by jobs of their own.
 */
@EventsHandler(GoalAddedEvent)
@Durable({ name: 'authorize', queue: 'push' })
export class AuthorizeHandler implements DurableEventHandler<GoalAddedEvent> {
  constructor(
    private readonly contributions: ContributionStore,
    private readonly viewers: AuthorizeQueue,
    private readonly notifier: TicketBuyerNotifier,
  ) {}

  async handle({ data }: GoalAddedEvent): Promise<void> {
    const { goal_id, session_id, streamer_id, context } = data;
    const { funding_goal_id } = context;
    if (!funding_goal_id) throw new PermanentError('the show goal names no funding goal');
    const show = { goal_id, session_id, streamer_id, funding_goal_id };
    const owners = await this.contributions.ownersIfFew(funding_goal_id);
    if (!owners || owners.length > batchLimit) return this.viewers.add(show);
    // A show that nobody has bought a ticket for is announced to its streamer alone.
    await this.notifier.notify(show, owners.length > 0 ? owners : [streamer_id]);
  }
}
