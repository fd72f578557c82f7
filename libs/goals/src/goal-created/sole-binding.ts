import { PermanentError } from '#platform';
import { BindingStore, type BoundSession, SessionStore, type SolePlace } from '#sessions';
import { Injectable } from '@nestjs/common';
import { GoalStore } from '../goal/goal.store.js';
import { isOpen } from '../goal/state.js';

/** Puts goals into the places that hold one at a time, where the next one replaces one that is over. */
@Injectable()
export class SoleBinding {
  constructor(
    private readonly bindings: BindingStore,
    private readonly sessions: SessionStore,
    private readonly goals: GoalStore,
  ) {}

  /** Binds a goal; undefined where it is over itself and the place is another's. Throws PermanentError where the place is taken. */
  async bind(sessionId: string, place: SolePlace, goalId: string): Promise<BoundSession | undefined> {
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
    return goal !== null && isOpen(goal, new Date());
  }
}
