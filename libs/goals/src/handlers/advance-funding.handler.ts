import { Durable, type DurableEventHandler } from '#platform';
import { EventsHandler } from '@nestjs/cqrs';
import { FundingQueue } from '../funding/funding.queue.js';
import { GoalCancelledEvent, GoalExpiredEvent, GoalUpdatedEvent } from '../goal/goal-changed.event.js';

/** Has the funding goal of a show looked at when the show may have ended: it settles with its show. */
@EventsHandler(GoalExpiredEvent, GoalCancelledEvent, GoalUpdatedEvent)
@Durable({ name: 'advance-funding' })
export class AdvanceFundingHandler implements DurableEventHandler<
  GoalExpiredEvent | GoalCancelledEvent | GoalUpdatedEvent
> {
  constructor(private readonly funding: FundingQueue) {}

  async handle({ data }: GoalExpiredEvent | GoalCancelledEvent | GoalUpdatedEvent): Promise<void> {
    const { funding_goal_id } = data.goal.context;
    if (funding_goal_id) await this.funding.add(funding_goal_id);
  }
}
