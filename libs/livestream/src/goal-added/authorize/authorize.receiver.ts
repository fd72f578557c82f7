import { ContributionStore } from '#contributions';
import { type EventReceiver, PermanentError, Receiver } from '#platform';
import { batchLimit } from '#realtime';
import { GoalAddedEvent } from '../goal-added.event.js';
import { AuthorizeQueue } from './authorize.queue.js';
import { ViewerNews } from './viewer-news.js';

/**
 * Has everyone told who owns a ticket for the show: they may watch now. As many as one call takes are told at once, more
 * of them by jobs of their own.
 */
@Receiver({ name: 'authorize', event: GoalAddedEvent, lane: 'push' })
export class AuthorizeReceiver implements EventReceiver<GoalAddedEvent> {
  constructor(
    private readonly contributions: ContributionStore,
    private readonly viewers: AuthorizeQueue,
    private readonly news: ViewerNews,
  ) {}

  isPrompt(): boolean {
    return this.news.isPrompt;
  }

  async receive({ data }: GoalAddedEvent): Promise<void> {
    const { goal_id, session_id, streamer_id, context } = data;
    const { funding_goal_id } = context;
    if (!funding_goal_id) throw new PermanentError('the show goal names no funding goal');
    const show = { goal_id, session_id, streamer_id, funding_goal_id };
    const owners = await this.contributions.ownersIfFew(funding_goal_id);
    if (!owners || owners.length > batchLimit) return this.viewers.add(show);
    // A show that nobody has bought a ticket for is announced to its streamer alone.
    await this.news.tell(show, owners.length > 0 ? owners : [streamer_id]);
  }
}
