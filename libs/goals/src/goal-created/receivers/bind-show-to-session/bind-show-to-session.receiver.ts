import { PermanentError, Receiver } from '#platform';
import { BindingStore, type BoundSession } from '#sessions';
import { GoalStore } from '../../../goal/goal.store.js';
import { BoundGoals } from '../../bound-goals.js';
import { GoalBinder } from '../../goal-binder.js';
import { GoalCreatedEvent } from '../../goal-created.event.js';

/** Opens a pair in the session for a funding goal, and puts the show goal into the pair of its funding goal. */
@Receiver({ name: 'bind-show-to-session', event: GoalCreatedEvent })
export class BindShowToSessionReceiver extends GoalBinder {
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
    if (_cls === 'ShowFundingGoal') return this.bindings.bindFunding(conditions.session_id, goal_id);
    if (!context.funding_goal_id) throw new PermanentError('the show goal names no funding goal');
    return this.bindings.bindShow(conditions.session_id, context.funding_goal_id, goal_id);
  }
}
