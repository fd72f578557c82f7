import type { GoalContext } from '#contracts';
import { GoalAddedEvent } from '#livestream';
import { Clock, Durable, type DurableEventHandler, PermanentError } from '#platform';
import {
  type Binding,
  BindingStore,
  type BoundSession,
  openerOf,
  SessionStore,
  type SingleSlot,
  type Slot,
} from '#sessions';
import { Inject, Injectable } from '@nestjs/common';
import { EventBus, EventsHandler } from '@nestjs/cqrs';
import { GoalCreatedEvent } from '../goal/new-goal.js';
import { FundingQueue } from '../funding/funding.queue.js';
import { FundingStore } from '../goal/funding.store.js';
import { goalDefinitions } from '../create-goal/goal-definitions.js';
import { GoalFailures } from '../goal/goal-failures.service.js';
import { GoalMetrics } from '../lifecycle/goal-metrics.js';
import { GoalStore } from '../goal/goal.store.js';
import { isOpen } from '../goal/rules.js';
import { hasEnded } from '../goal/show-end.js';
import { Lifecycle } from '../lifecycle/lifecycle.js';
import { UnpublishedGoals } from '../publishing/unpublished-goals.js';

/** The event that a new goal is bound to the session of this streamer. */
export function goalAdded({ data, occurredAt }: GoalCreatedEvent, streamer_id: string): GoalAddedEvent {
  const { goal_id, _cls, conditions, context } = data;
  const { session_id } = conditions;
  return new GoalAddedEvent({ goal_id, _cls, conditions, context, session_id, streamer_id }, occurredAt);
}

/** Publishes that a goal is bound to its session, whichever handler bound it. */
@Injectable()
export class GoalBoundPublisher {
  constructor(
    private readonly events: EventBus,
    private readonly lifecycle: Lifecycle,
    private readonly metrics: GoalMetrics,
  ) {}

  /** Publishes GoalAddedEvent. */
  async publish(created: GoalCreatedEvent, { streamerId, active }: BoundSession): Promise<void> {
    const { goal_id, _cls } = created.data;
    await this.events.publish(goalAdded(created, streamerId));
    this.metrics.bound(_cls, created.occurredAt);
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
    const goal = event.isFresh ? undefined : await this.goals.find(event.data.goal_id);
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

/**
 * Binds a goal to its session, in the slot of its class. In a slot that holds one goal at a time the next goal replaces one that is
 * over.
 */
@Injectable()
abstract class SessionBinder extends GoalBinder {
  constructor(
    goals: GoalStore,
    private readonly clock: Clock,
    private readonly bindings: BindingStore,
    private readonly sessions: SessionStore,
    private readonly bound: GoalBoundPublisher,
  ) {
    super(goals);
  }

  protected async bind(event: GoalCreatedEvent): Promise<void> {
    const { goal_id, _cls, conditions, context } = event.data;
    const { slot } = goalDefinitions[_cls];
    const binding = { sessionId: conditions.session_id, slot, goalId: goal_id };
    const session =
      slot.kind === 'single'
        ? await this.bindSingle(binding, slot)
        : await this.bindToPair({ ...binding, otherId: openerIn(context, slot) });
    if (session) await this.bound.publish(event, session);
  }

  private async bindToPair(binding: Binding): Promise<BoundSession> {
    const session = await this.bindings.bind(binding);
    if (session) return session;
    const { sessionId, otherId, goalId } = binding;
    throw otherId
      ? new PermanentError(`session ${sessionId} has no free pair of ${otherId} for the goal ${goalId}`)
      : new PermanentError(`the session ${sessionId} is gone`);
  }

  /** Undefined if another goal holds the slot and this one is over itself. */
  private async bindSingle(binding: Binding, { field }: SingleSlot): Promise<BoundSession | undefined> {
    const { sessionId, goalId } = binding;
    for (let holder: string | null = null; ;) {
      const bound = await this.bindings.bind({ ...binding, otherId: holder });
      if (bound) return bound;
      const session = await this.sessions.find(sessionId);
      if (!session) throw new PermanentError(`the session ${sessionId} is gone`);
      holder = session[field]?.toHexString() ?? null;
      if (holder && (await this.isOpen(holder))) {
        if (!(await this.isOpen(goalId))) return undefined;
        throw new PermanentError(`${field} of the session is held by the goal ${holder}`);
      }
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
export class BindKaraokeToSessionHandler extends SessionBinder {}

/** Makes the goal the trigger-private goal of its session. */
@EventsHandler(GoalCreatedEvent)
@Durable({ name: 'bind-private-to-session' })
export class BindPrivateToSessionHandler extends SessionBinder {}

/** Opens a pair in the session for a funding goal, and puts the show goal into the pair of its funding goal. */
@EventsHandler(GoalCreatedEvent)
@Durable({ name: 'bind-show-to-session' })
export class BindShowToSessionHandler extends SessionBinder {}

/** Opens a pair in the session for a trigger goal, and puts the exclusive goal into the pair of its trigger goal. */
@EventsHandler(GoalCreatedEvent)
@Durable({ name: 'bind-exclusive-to-session' })
export class BindExclusiveToSessionHandler extends SessionBinder {}

/**
 * Writes into the funding goal which show it paid for, which ends the countdown if that still runs.
 */
@EventsHandler(GoalCreatedEvent)
@Durable({ name: 'bind-show-to-funding' })
export class BindShowToFundingHandler extends GoalBinder {
  constructor(
    goals: GoalStore,
    private readonly clock: Clock,
    private readonly store: FundingStore,
    private readonly unpublished: UnpublishedGoals,
    private readonly funding: FundingQueue,
  ) {
    super(goals);
  }

  protected async bind({ data }: GoalCreatedEvent): Promise<void> {
    const fundingGoalId = openerIn(data.context, goalDefinitions[data._cls].slot);
    if (!fundingGoalId) throw new PermanentError(`a ${data._cls} is paid by no funding goal`);
    const binding = { fundingGoalId, showGoalId: data.goal_id, at: this.clock.now() };
    if (!(await this.store.bindShow(binding)))
      throw new PermanentError(`the goal ${fundingGoalId} is gone, is settled or has another show_goal_id`);
    await this.unpublished.changed(fundingGoalId);
    // The end of the show asks for the settlement, unless it came before the funding goal knew of it.
    const show = await this.goals.find(data.goal_id);
    if (!show || hasEnded(show)) await this.funding.add(fundingGoalId);
  }
}

/** Writes into the trigger goal which exclusive goal it opened. */
@EventsHandler(GoalCreatedEvent)
@Durable({ name: 'bind-exclusive-to-trigger' })
export class BindExclusiveToTriggerHandler extends GoalBinder {
  protected async bind({ data }: GoalCreatedEvent): Promise<void> {
    const { slot } = goalDefinitions[data._cls];
    const openerId = openerIn(data.context, slot);
    if (slot.kind !== 'completes-pair' || !openerId)
      throw new PermanentError(`a ${data._cls} completes no pair, so there is nothing to bind it to`);
    await this.goals.bindToOpener(openerId, slot.opener.boundAs, data.goal_id);
  }
}

/** All binders. */
export const binders = [
  BindKaraokeToSessionHandler,
  BindPrivateToSessionHandler,
  BindShowToSessionHandler,
  BindExclusiveToSessionHandler,
  BindShowToFundingHandler,
  BindExclusiveToTriggerHandler,
];

/** The goal that opened the pair which a goal completes; undefined for other slots. Throws a PermanentError if it is not named. */
function openerIn(context: GoalContext, slot: Slot): string | undefined {
  const reference = openerOf(slot)?.reference;
  if (reference && !context[reference]) throw new PermanentError(`the goal has no ${reference}`);
  return reference && context[reference];
}
