import { Clock, Durable, type DurableEventHandler } from '#platform';
import { Inject } from '@nestjs/common';
import { EventsHandler } from '@nestjs/cqrs';
import { FundingQueue } from '../funding/funding.queue.js';
import { GOAL_CLASSES, type GoalClasses } from '../goal/goal-classes.js';
import { GoalCreatedEvent } from '../goal/new-goal.js';
import { Lifecycle } from '../lifecycle/lifecycle.js';
import { LifecycleQueue } from '../lifecycle/lifecycle.queue.js';

/** Opens the goal at nbf, or at once if that has passed, and sets the timer that closes it, or ends its countdown, at exp. */
@EventsHandler(GoalCreatedEvent)
@Durable({ name: 'schedule-lifecycle' })
export class ScheduleLifecycleHandler implements DurableEventHandler<GoalCreatedEvent> {
  constructor(
    private readonly clock: Clock,
    private readonly lifecycle: Lifecycle,
    private readonly timers: LifecycleQueue,
    private readonly countdowns: FundingQueue,
    @Inject(GOAL_CLASSES) private readonly classes: GoalClasses,
  ) {}

  async handle({ data }: GoalCreatedEvent): Promise<void> {
    const { goal_id, _cls, nbf, exp } = data;
    const opens = new Date(nbf);
    if (exp && this.classes[_cls].countdown) await this.countdowns.at(new Date(exp), goal_id);
    else if (exp) await this.timers.at(new Date(exp), goal_id, 'expire');
    if (this.clock.msUntil(opens) <= 0) await this.lifecycle.activate(goal_id);
    else await this.timers.at(opens, goal_id, 'activate');
  }
}

/** Sets the timer that ends a show at its exp, if it has one. A show is open from the moment when it is created. */
@EventsHandler(GoalCreatedEvent)
@Durable({ name: 'schedule-show-end' })
export class ScheduleShowEndHandler implements DurableEventHandler<GoalCreatedEvent> {
  constructor(private readonly timers: LifecycleQueue) {}

  async handle({ data: { goal_id, exp } }: GoalCreatedEvent): Promise<void> {
    if (exp) await this.timers.at(new Date(exp), goal_id, 'expire');
  }
}
