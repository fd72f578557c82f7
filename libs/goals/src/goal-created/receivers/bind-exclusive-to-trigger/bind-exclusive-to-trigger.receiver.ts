import { PermanentError, Receiver } from '#platform';
import { GoalBinder } from '../../goal-binder.js';
import { GoalCreatedEvent } from '../../goal-created.event.js';

/** Writes into the trigger goal which exclusive goal it opened. */
@Receiver({ name: 'bind-exclusive-to-trigger', event: GoalCreatedEvent })
export class BindExclusiveToTriggerReceiver extends GoalBinder {
  protected async bind({ data }: GoalCreatedEvent): Promise<void> {
    const { trigger_exclusive_goal_id } = data.context;
    if (!trigger_exclusive_goal_id) throw new PermanentError('the exclusive goal names no trigger goal');
    await this.goals.bindToOpener(trigger_exclusive_goal_id, 'exclusive_goal_id', data.goal_id);
  }
}
