import { PermanentError, Receiver } from '#platform';
import { BindingStore, type BoundSession } from '#sessions';
import { EventBus } from '@nestjs/cqrs';
import { GoalStore } from '../../../goal/goal.store.js';
import { Lifecycle } from '../../../lifecycle/lifecycle.js';
import { SessionBinder } from '../../goal-binder.js';
import { GoalCreatedEvent } from '../../goal-created.event.js';

const name = 'bind-show-to-session';

/** Opens a pair in the session for a funding goal, and puts the show goal into the pair of its funding goal. */
@Receiver({ name, event: GoalCreatedEvent })
export class BindShowToSessionReceiver extends SessionBinder {
  protected override readonly name = name;

  constructor(
    goals: GoalStore,
    events: EventBus,
    lifecycle: Lifecycle,
    private readonly bindings: BindingStore,
  ) {
    super(goals, events, lifecycle);
  }

  protected override async bind({ data }: GoalCreatedEvent): Promise<BoundSession> {
    const { goal_id, _cls, conditions, context } = data;
    if (_cls === 'ShowFundingGoal') return this.bindings.bindFunding(conditions.session_id, goal_id);
    if (!context.funding_goal_id) throw new PermanentError('the show goal names no funding goal');
    return this.bindings.bindShow(conditions.session_id, context.funding_goal_id, goal_id);
  }
}
