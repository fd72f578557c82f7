import { PermanentError, Receiver } from '#platform';
import { BindingStore, type BoundSession } from '#sessions';
import { EventBus } from '@nestjs/cqrs';
import { GoalStore } from '../../../goal/goal.store.js';
import { Lifecycle } from '../../../lifecycle/lifecycle.js';
import { SessionBinder } from '../../goal-binder.js';
import { GoalCreatedEvent } from '../../goal-created.event.js';

const name = 'bind-exclusive-to-session';

/** Opens a pair in the session for a trigger goal, and puts the exclusive goal into the pair of its trigger goal. */
@Receiver({ name, event: GoalCreatedEvent })
export class BindExclusiveToSessionReceiver extends SessionBinder {
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
    if (_cls === 'TriggerExclusiveGoal') return this.bindings.bindTrigger(conditions.session_id, goal_id);
    if (!context.trigger_exclusive_goal_id)
      throw new PermanentError('the exclusive goal names no trigger goal');
    return this.bindings.bindExclusive(conditions.session_id, context.trigger_exclusive_goal_id, goal_id);
  }
}
