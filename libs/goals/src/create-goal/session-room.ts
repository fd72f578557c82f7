import { AppConfig, Clock } from '#platform';
import type { SessionRecord } from '#sessions';
import { Injectable } from '@nestjs/common';
import { tooManyGoals } from '../goal/goal.problems.js';
import { GoalStore } from '../goal/goal.store.js';

const countedForMs = 1000;

interface Count {
  open: number;
  endsAt: number;
}

/** Bounds the goals of a session that are not over. What waits to be created is counted where it was accepted here lately. */
@Injectable()
export class SessionRoom {
  private readonly most: number;
  private readonly counts = new Map<string, Count>();

  constructor(
    private readonly clock: Clock,
    private readonly goals: GoalStore,
    { limits }: AppConfig,
  ) {
    this.most = limits.openGoals;
  }

  /** Counts one more goal for the session; throws too_many_goals where there is no room for it. */
  async take(session: SessionRecord): Promise<void> {
    if (mostGoalsOf(session) < this.most) return;
    const count = await this.countOf(session._id.toHexString(), this.clock.now());
    if (count.open >= this.most)
      throw tooManyGoals(`The session has ${this.most} goals that are not over; one has to end first.`);
    count.open += 1;
  }

  private async countOf(sessionId: string, now: Date): Promise<Count> {
    const known = this.counts.get(sessionId);
    if (known && known.endsAt > now.getTime()) return known;
    const open = await this.goals.countOpen(sessionId, now, this.most);
    for (const [id, { endsAt }] of this.counts) if (endsAt <= now.getTime()) this.counts.delete(id);
    const count = { open, endsAt: now.getTime() + countedForMs };
    this.counts.set(sessionId, count);
    return count;
  }
}

/** Every goal of a session is in one of its pairs, or in one of its two sole places: with few of them nothing is to be counted. */
function mostGoalsOf({ show_goal_pairs = [], exclusive_goal_pairs = [] }: SessionRecord): number {
  return 2 * (show_goal_pairs.length + exclusive_goal_pairs.length) + 2;
}
