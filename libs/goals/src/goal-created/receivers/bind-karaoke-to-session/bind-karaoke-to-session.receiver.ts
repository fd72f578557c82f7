import { Receiver } from '#platform';
import type { BoundSession } from '#sessions';
import { EventBus } from '@nestjs/cqrs';
import { GoalStore } from '../../../goal/goal.store.js';
import { Lifecycle } from '../../../lifecycle/lifecycle.js';
import { SessionBinder } from '../../goal-binder.js';
import { GoalCreatedEvent } from '../../goal-created.event.js';
import { SoleBinding } from '../../sole-binding.js';

const name = 'bind-karaoke-to-session';

/** Makes the goal the karaoke goal of its session. */
@Receiver({ name, event: GoalCreatedEvent })
export class BindKaraokeToSessionReceiver extends SessionBinder {
  protected override readonly name = name;

  constructor(
    goals: GoalStore,
    events: EventBus,
    lifecycle: Lifecycle,
    private readonly binding: SoleBinding,
  ) {
    super(goals, events, lifecycle);
  }

  protected override bind({ data }: GoalCreatedEvent): Promise<BoundSession | undefined> {
    return this.binding.bind(data.conditions.session_id, 'karaoke_goal', data.goal_id);
  }
}
