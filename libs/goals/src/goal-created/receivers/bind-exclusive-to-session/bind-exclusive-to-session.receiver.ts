import { PermanentError, Receiver } from '#platform';
import { BindingStore, type BoundSession } from '#sessions';
import { GoalStore } from '../../../goal/goal.store.js';
import { BoundGoals } from '../../bound-goals.js';
import { GoalBinder } from '../../goal-binder.js';
import { GoalCreatedEvent } from '../../goal-created.event.js';

/** Opens a pair in the session for a trigger goal, and puts the exclusive goal into the pair of its trigger goal. */
@Receiver({ name: 'bind-exclusive-to-session', event: GoalCreatedEvent })
export class BindExclusiveToSessionReceiver extends GoalBinder {
  constructor(
    goals: GoalStore,
    private readonly bindings: BindingStore,
    private readonly bound: BoundGoals,
  ) {
    super(goals);
  }

  protected async bind(event: GoalCreatedEvent): Promise<void> {
    await this.bound.announce(event, await this.place(event));
  }

  private async place({ data }: GoalCreatedEvent): Promise<BoundSession> {
    const { goal_id, _cls, conditions, context } = data;
    if (_cls === 'TriggerExclusiveGoal') return this.bindings.bindTrigger(conditions.session_id, goal_id);
    if (!context.trigger_exclusive_goal_id)
      throw new PermanentError('the exclusive goal names no trigger goal');
    return this.bindings.bindExclusive(conditions.session_id, context.trigger_exclusive_goal_id, goal_id);
  }
}
