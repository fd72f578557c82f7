import { Receiver } from '#platform';
import { GoalStore } from '../../../goal/goal.store.js';
import { GoalBinder } from '../../goal-binder.js';
import { GoalCreatedEvent } from '../../goal-created.event.js';
import { SoleBinding } from '../../sole-binding.js';

/** Makes the goal the karaoke goal of its session. */
@Receiver({ name: 'bind-karaoke-to-session', event: GoalCreatedEvent })
export class BindKaraokeToSessionReceiver extends GoalBinder {
  constructor(
    goals: GoalStore,
    private readonly binding: SoleBinding,
  ) {
    super(goals);
  }

  protected async bind(event: GoalCreatedEvent): Promise<void> {
    await this.binding.bind(event, 'karaoke_goal');
  }
}
