import { TicketStore } from '#contributions';
import { RevokeQueue } from '#livestream';
import { Durable, type DurableEventHandler, idFrom } from '#platform';
import { Channels, Realtime } from '#realtime';
import { SessionStore } from '#sessions';
import { EventBus, EventsHandler } from '@nestjs/cqrs';
import { GoalCorrectedEvent, GoalSettledEvent } from '../goal/goal-changed.event.js';
import { GoalStore } from '../goal/goal.store.js';
import { type AccessEvent, accessEvents, AccessRevokedEvent } from './access-changed.event.js';
import { ShowAccess } from './show-access.js';

/** Tells a viewer, on the viewer's own channel, that access was lost; or that it was gained, if the show is on. */
@EventsHandler(...accessEvents)
@Durable({ name: 'notify-access', queue: 'push' })
export class NotifyAccessHandler implements DurableEventHandler<AccessEvent> {
  constructor(
    private readonly sessions: SessionStore,
    private readonly realtime: Realtime,
    private readonly channels: Channels,
  ) {}

  async handle(event: AccessEvent): Promise<void> {
    const { goal, user_id: viewer_id, streamer_id, cause } = event.data;
    const { session_id } = goal.conditions;
    const channel = this.channels.viewer(streamer_id, viewer_id);
    const viewer = { session_id, streamer_id, viewer_id };
    if (event instanceof AccessRevokedEvent) {
      const event_id = idFrom('stream.revoked', event.id);
      const payload = { event_id, goal_id: goal.goal_id, ...viewer, cause };
      return this.realtime.send(channel, 'stream.revoked', payload);
    }
    const session = await this.sessions.find(session_id);
    const pair = session?.show_goal_pairs?.find(
      ({ funding_goal }) => funding_goal.toHexString() === goal.goal_id,
    );
    // A show that is bound later finds the viewer among all.
    if (session?.active === false || !pair?.show_goal) return;
    const event_id = idFrom('stream.authorized', event.id);
    const payload = { event_id, goal_id: pair.show_goal.toHexString(), ...viewer };
    await this.realtime.send(channel, 'stream.authorized', payload);
  }
}

/** Publishes that a user has lost access whose last ticket was voided. */
@EventsHandler(GoalCorrectedEvent)
@Durable({ name: 'revoke-voided' })
export class RevokeVoidedHandler implements DurableEventHandler<GoalCorrectedEvent> {
  constructor(
    private readonly tickets: TicketStore,
    private readonly goals: GoalStore,
    private readonly access: ShowAccess,
    private readonly sessions: SessionStore,
    private readonly events: EventBus,
  ) {}

  async handle({ data, occurredAt }: GoalCorrectedEvent): Promise<void> {
    const { goal, source_id, reason } = data;
    const user_id = await this.tickets.userOf(goal.goal_id, source_id);
    const stored = await this.goals.find(goal.goal_id);
    // A payment that was voided before it arrived has no user.
    if (user_id === undefined || !stored) return;
    const { answer, facts } = await this.access.inspect(stored, user_id);
    // Who is banned had lost access before.
    if (answer.allowed || facts.isClosed || facts.rule === false) return;
    // If several tickets were voided at once, access was lost with the last one: once, whichever of them is handled.
    const last = await this.tickets.lastVoided(goal.goal_id, user_id);
    const streamer_id = await this.sessions.streamerOf(answer.session_id);
    if (!last || streamer_id === undefined) return;
    const change = { user_id, streamer_id, cause: 'void', reason, change_id: last } as const;
    await this.events.publish(new AccessRevokedEvent({ goal, ...change }, occurredAt));
  }
}

/** Has all viewers of a funding goal notified that is settled as void. */
@EventsHandler(GoalSettledEvent)
@Durable({ name: 'revoke-settled' })
export class RevokeSettledHandler implements DurableEventHandler<GoalSettledEvent> {
  constructor(
    private readonly sessions: SessionStore,
    private readonly jobs: RevokeQueue,
  ) {}

  async handle({ data: { goal } }: GoalSettledEvent): Promise<void> {
    // The end of a session notifies the viewers of all its goals.
    if (goal.outcome !== 'void' || goal.void_reason === 'session_ended') return;
    const { session_id } = goal.conditions;
    const streamer_id = await this.sessions.streamerOf(session_id);
    if (streamer_id === undefined) return;
    await this.jobs.add({ funding_goal_id: goal.goal_id, session_id, streamer_id, cause: 'settled' });
  }
}

/** Who tells of changes of access. */
export const accessHandlers = [NotifyAccessHandler, RevokeVoidedHandler, RevokeSettledHandler];
