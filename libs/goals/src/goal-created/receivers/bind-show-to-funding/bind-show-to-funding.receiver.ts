import { PermanentError, Receiver } from '#platform';
import { GoalBinder } from '../../goal-binder.js';
import { GoalCreatedEvent } from '../../goal-created.event.js';

/** Writes into the funding goal which show it paid for. */
@Receiver({ name: 'bind-show-to-funding', event: GoalCreatedEvent })
export class BindShowToFundingReceiver extends GoalBinder {
  protected async bind({ data }: GoalCreatedEvent): Promise<void> {
    const { funding_goal_id } = data.context;
    if (!funding_goal_id) throw new PermanentError('the show goal names no funding goal');
    await this.goals.bindToOpener(funding_goal_id, 'show_goal_id', data.goal_id);
  }
}
