import { GoalAddedEvent } from '#livestream';
import { Clock, Durable, type DurableEventHandler, PermanentError } from '#platform';
import { BindingStore, type BoundSession, SessionStore, type SolePlace } from '#sessions';
import { Inject, Injectable } from '@nestjs/common';
import { EventBus, EventsHandler } from '@nestjs/cqrs';
import { GoalCreatedEvent } from '../create-goal/goal-created.event.js';
import { GoalFailures } from '../goal-failed/goal-failures.js';
import { GoalTimings } from '../goal-timings.js';
import { GoalStore } from '../goal/goal.store.js';
import { isOpen } from '../goal/state.js';
import { Lifecycle } from '../lifecycle/lifecycle.js';

/** Publishes that a goal is bound to its session, whichever handler bound it. */
@Injectable()
export class GoalBoundPublisher {
  constructor(
    private readonly events: EventBus,
    private readonly lifecycle: Lifecycle,
    private readonly timings: GoalTimings,
  ) {}

  /** Publishes GoalAddedEvent. */
  async publish({ data, occurredAt }: GoalCreatedEvent, { streamerId, active }: BoundSession): Promise<void> {
    const { goal_id, _cls, conditions, context } = data;
    const { session_id } = conditions;
    await this.events.publish(
      new GoalAddedEvent(
        { goal_id, _cls, conditions, context, session_id, streamer_id: streamerId },
        occurredAt,
      ),
    );
    this.timings.bound(_cls, occurredAt);
    // The session ended while the job was waiting, so the job that closed the session's goals did not see this one.
    if (!active) await this.lifecycle.cancel(goal_id, 'session_ended');
  }
}

/** What all binders share: a goal that cannot be bound shows as failed, until a replay binds it. */
@Injectable()
abstract class GoalBinder implements DurableEventHandler<GoalCreatedEvent> {
  @Inject(GoalFailures)
  private readonly failures: GoalFailures;

  constructor(protected readonly goals: GoalStore) {}

  /** Binds the goal, unless it was cancelled after binding had failed: another goal may have its place by now. */
  async handle(event: GoalCreatedEvent): Promise<void> {
    const goal = await this.goals.find(event.data.goal_id);
    if (!goal?.released) await this.bind(event);
  }

  protected abstract bind(event: GoalCreatedEvent): Promise<void>;

  async onDeadLetter(
    { data }: GoalCreatedEvent,
    { message }: Error,
    handler: string,
    failureId: string,
  ): Promise<void> {
    await this.failures.note(data.goal_id, { handler, reason: message, failure_id: failureId });
  }

  async onReplayed({ data }: GoalCreatedEvent, handler: string): Promise<void> {
    await this.failures.clear(data.goal_id, handler);
  }
}

/** Puts goals into the places that hold one goal at a time; the next goal replaces one that is over. */
@Injectable()
export class SoleBinding {
  constructor(
    private readonly clock: Clock,
    private readonly bindings: BindingStore,
    private readonly sessions: SessionStore,
    private readonly goals: GoalStore,
    private readonly bound: GoalBoundPublisher,
  ) {}

  /** Binds a goal and publishes it; a goal that is over does not replace another. Throws a PermanentError if the place is taken. */
  async bind(event: GoalCreatedEvent, place: SolePlace): Promise<void> {
    const { goal_id, conditions } = event.data;
    const session = await this.take(conditions.session_id, place, goal_id);
    if (session) await this.bound.publish(event, session);
  }

  private async take(sessionId: string, place: SolePlace, goalId: string): Promise<BoundSession | undefined> {
    for (;;) {
      const bound = await this.bindings.bindSole(sessionId, place, goalId);
      if (bound) return bound;
      const session = await this.sessions.find(sessionId);
      if (!session) throw new PermanentError(`the session ${sessionId} is gone`);
      const holder = session[place]?.toHexString() ?? null;
      if (holder && (await this.isOpen(holder))) {
        if (!(await this.isOpen(goalId))) return undefined;
        throw new PermanentError(`${place} of the session is held by the goal ${holder}`);
      }
      const replaced = await this.bindings.bindSole(sessionId, place, goalId, holder);
      if (replaced) return replaced;
    }
  }

  private async isOpen(goalId: string): Promise<boolean> {
    const goal = await this.goals.find(goalId);
    return goal !== null && isOpen(goal, this.clock.now());
  }
}

/** Makes the goal the karaoke goal of its session. */
@EventsHandler(GoalCreatedEvent)
@Durable({ name: 'bind-karaoke-to-session' })
export class BindKaraokeToSessionHandler extends GoalBinder {
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

/** Makes the goal the trigger-private goal of its session. */
@EventsHandler(GoalCreatedEvent)
@Durable({ name: 'bind-private-to-session' })
export class BindPrivateToSessionHandler extends GoalBinder {
  constructor(
    goals: GoalStore,
    private readonly binding: SoleBinding,
  ) {
    super(goals);
  }

  protected async bind(event: GoalCreatedEvent): Promise<void> {
    await this.binding.bind(event, 'trigger_private_goal');
  }
}

/** Opens a pair in the session for a funding goal, and puts the show goal into the pair of its funding goal. */
@EventsHandler(GoalCreatedEvent)
@Durable({ name: 'bind-show-to-session' })
export class BindShowToSessionHandler extends GoalBinder {
  constructor(
    goals: GoalStore,
    private readonly bindings: BindingStore,
    private readonly bound: GoalBoundPublisher,
  ) {
    super(goals);
  }

  protected async bind(event: GoalCreatedEvent): Promise<void> {
    await this.bound.publish(event, await this.place(event));
  }

  private async place({ data }: GoalCreatedEvent): Promise<BoundSession> {
    const { goal_id, _cls, conditions, context } = data;
    if (_cls === 'ShowFundingGoal') return this.bindings.bindFunding(conditions.session_id, goal_id);
    if (!context.funding_goal_id) throw new PermanentError('the show goal names no funding goal');
    return this.bindings.bindShow(conditions.session_id, context.funding_goal_id, goal_id);
  }
}

/** Opens a pair in the session for a trigger goal, and puts the exclusive goal into the pair of its trigger goal. */
@EventsHandler(GoalCreatedEvent)
@Durable({ name: 'bind-exclusive-to-session' })
export class BindExclusiveToSessionHandler extends GoalBinder {
  constructor(
    goals: GoalStore,
    private readonly bindings: BindingStore,
    private readonly bound: GoalBoundPublisher,
  ) {
    super(goals);
  }

  protected async bind(event: GoalCreatedEvent): Promise<void> {
    await this.bound.publish(event, await this.place(event));
  }

  private async place({ data }: GoalCreatedEvent): Promise<BoundSession> {
    const { goal_id, _cls, conditions, context } = data;
    if (_cls === 'TriggerExclusiveGoal') return this.bindings.bindTrigger(conditions.session_id, goal_id);
    if (!context.trigger_exclusive_goal_id)
      throw new PermanentError('the exclusive goal names no trigger goal');
    return this.bindings.bindExclusive(conditions.session_id, context.trigger_exclusive_goal_id, goal_id);
  }
}

/** Writes into the funding goal which show it paid for. */
@EventsHandler(GoalCreatedEvent)
@Durable({ name: 'bind-show-to-funding' })
export class BindShowToFundingHandler extends GoalBinder {
  protected async bind({ data }: GoalCreatedEvent): Promise<void> {
    const { funding_goal_id } = data.context;
    if (!funding_goal_id) throw new PermanentError('the show goal names no funding goal');
    await this.goals.bindToOpener(funding_goal_id, 'show_goal_id', data.goal_id);
  }
}

/** Writes into the trigger goal which exclusive goal it opened. */
@EventsHandler(GoalCreatedEvent)
@Durable({ name: 'bind-exclusive-to-trigger' })
export class BindExclusiveToTriggerHandler extends GoalBinder {
  protected async bind({ data }: GoalCreatedEvent): Promise<void> {
    const { trigger_exclusive_goal_id } = data.context;
    if (!trigger_exclusive_goal_id) throw new PermanentError('the exclusive goal names no trigger goal');
    await this.goals.bindToOpener(trigger_exclusive_goal_id, 'exclusive_goal_id', data.goal_id);
  }
}
