import { Clock, type EventReceiver, Receiver } from '#platform';
import { Lifecycle } from '../../../lifecycle/lifecycle.js';
import { LifecycleQueue } from '../../../lifecycle/lifecycle.queue.js';
import { GoalCreatedEvent } from '../../goal-created.event.js';

/** Opens the goal at nbf, at once where that has passed, and sets the timer that closes it at exp. */
@Receiver({ name: 'schedule-lifecycle', event: GoalCreatedEvent })
export class ScheduleLifecycleReceiver implements EventReceiver<GoalCreatedEvent> {
  constructor(
    private readonly clock: Clock,
    private readonly lifecycle: Lifecycle,
    private readonly timers: LifecycleQueue,
  ) {}

  async receive({ data }: GoalCreatedEvent): Promise<void> {
    const { goal_id, nbf, exp } = data;
    const opens = new Date(nbf);
    if (exp) await this.timers.at(new Date(exp), goal_id, 'expire');
    if (this.clock.msUntil(opens) <= 0) await this.lifecycle.activate(goal_id);
    else await this.timers.at(opens, goal_id, 'activate');
  }
}
