import { Clock, PermanentError } from '#platform';
import { BindingStore, type BoundSession, SessionStore, type SolePlace } from '#sessions';
import { Injectable } from '@nestjs/common';
import { GoalStore } from '../goal/goal.store.js';
import { isOpen } from '../goal/state.js';
import { BoundGoals } from './bound-goals.js';
import type { GoalCreatedEvent } from './goal-created.event.js';

/** Puts goals into the places that hold one at a time, where the next one replaces one that is over. */
@Injectable()
export class SoleBinding {
  constructor(
    private readonly clock: Clock,
    private readonly bindings: BindingStore,
    private readonly sessions: SessionStore,
    private readonly goals: GoalStore,
    private readonly bound: BoundGoals,
  ) {}

  /** Binds a goal and tells of it; a goal that is over leaves a place that is another's alone. Throws PermanentError where it is taken. */
  async bind(event: GoalCreatedEvent, place: SolePlace): Promise<void> {
    const { goal_id, conditions } = event.data;
    const session = await this.take(conditions.session_id, place, goal_id);
    if (session) await this.bound.announce(event, session);
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
