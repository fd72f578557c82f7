import { type GoalClass, goalTypes } from '#contracts';
import { type Caller, hasRole, Problem, Story } from '#platform';
import { notYourSession, sessionEnded, SessionReader, type SessionRecord } from '#sessions';
import { Injectable } from '@nestjs/common';
import { goalTraits } from '../goal/traits.js';
import { Claims } from './claims.js';
import type { CreateGoalCommand } from './create-goal.command.js';
import { CreateGoalQueue } from '../goal/create-goal.queue.js';
import { SessionLimits } from './session-limits.js';

/** The first and the last step of accepting a goal, the same for every class. */
@Injectable()
export class Admission {
  constructor(
    private readonly sessions: SessionReader,
    private readonly queue: CreateGoalQueue,
    private readonly claims: Claims,
    private readonly limits: SessionLimits,
  ) {}

  /** The session that the goal is for. Throws where it is unknown, somebody else's or ended. */
  async sessionFor({ caller, intent }: CreateGoalCommand): Promise<SessionRecord> {
    const session = await this.sessions.get(intent.context.session_id);
    assertMayManage(caller, session);
    if (session.active === false) throw sessionEnded('The session has ended and takes no new goals.');
    return session;
  }

  /**
   * Queues the goal; from here on it is never lost. Throws where the session is full; the place that was claimed for the goal
   * is free again then.
   */
  async accept(
    goalClass: GoalClass,
    { goalId, caller, intent }: CreateGoalCommand,
    session: SessionRecord,
    place?: string[],
  ): Promise<{ goal_id: string }> {
    const { context, levels, window } = intent;
    try {
      await this.limits.take(session, goalId, goalTraits[goalClass].opensPair);
    } catch (error) {
      if (place && error instanceof Problem) await this.claims.release(place, goalId);
      throw error;
    }
    Story.note({ goal_id: goalId });
    await this.queue.add({
      goal_id: goalId,
      active: goalTraits[goalClass].untimed,
      _cls: goalClass,
      conditions: { session_id: context.session_id },
      levels,
      context: { type: goalTypes[goalClass], ...context },
      metadata: { user_id: caller.userId },
      unit: goalTraits[goalClass].unit,
      nbf: window.nbf.toISOString(),
      exp: window.exp?.toISOString() ?? null,
    });
    return { goal_id: goalId };
  }
}

/** A session is managed by its streamer, by services and by admins. */
export function assertMayManage(caller: Caller, session: Pick<SessionRecord, 'user'>): void {
  if (session.user.toHexString() !== caller.userId && !hasRole(caller, 'admin', 'service'))
    throw notYourSession('Only its streamer, a service or an admin may do this.');
}
