import { PermanentError, Receiver } from '#platform';
import { BindingStore } from '#sessions';
import { EventBus } from '@nestjs/cqrs';
import { GoalStore } from '../../../goal/goal.store.js';
import { GoalBinder } from '../../goal-binder.js';
import { GoalCreatedEvent } from '../../goal-created.event.js';

const name = 'bind-show-to-session';

/** Opens a pair in the session for a funding goal, and puts the show goal into the pair of its funding goal. */
@Receiver({ name, event: GoalCreatedEvent })
export class BindShowToSessionReceiver extends GoalBinder {
  protected override readonly name = name;

  constructor(
    goals: GoalStore,
    events: EventBus,
    private readonly bindings: BindingStore,
  ) {
    super(goals, events);
  }

  async receive(event: GoalCreatedEvent): Promise<void> {
    await this.announce(event, await this.bind(event));
  }

  private async bind({ data }: GoalCreatedEvent): Promise<string> {
    const { goal_id, _cls, conditions, context } = data;
    if (_cls === 'ShowFundingGoal') return this.bindings.bindFunding(conditions.session_id, goal_id);
    if (!context.funding_goal_id) throw new PermanentError('the show goal names no funding goal');
    return this.bindings.bindShow(conditions.session_id, context.funding_goal_id, goal_id);
  }
}
