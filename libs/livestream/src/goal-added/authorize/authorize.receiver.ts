import { type EventReceiver, PermanentError, Receiver } from '#platform';
import { GoalAddedEvent } from '../goal-added.event.js';
import { AuthorizeQueue } from './authorize.queue.js';

/** Has everyone told who owns a ticket for the show: they may watch now. Jobs of their own do the telling. */
@Receiver({ name: 'authorize', event: GoalAddedEvent, lane: 'livestream' })
export class AuthorizeReceiver implements EventReceiver<GoalAddedEvent> {
  constructor(private readonly viewers: AuthorizeQueue) {}

  async receive({ data }: GoalAddedEvent): Promise<void> {
    const { goal_id, session_id, streamer_id, context } = data;
    const { funding_goal_id } = context;
    if (!funding_goal_id) throw new PermanentError('the show goal names no funding goal');
    await this.viewers.add({ goal_id, session_id, streamer_id, funding_goal_id });
  }
}
