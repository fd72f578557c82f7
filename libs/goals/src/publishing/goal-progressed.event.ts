import type { GoalProgressed } from '#contracts';
import { DurableEvent, idFrom } from '#platform';

/** A goal has come further: by a version, perhaps over levels, perhaps to its end. */
export class GoalProgressedEvent extends DurableEvent<GoalProgressed> {
  readonly type = 'goal.progressed';
  override readonly rememberedSeconds = 600;

  get subject(): string {
    return this.data.goal.goal_id;
  }

  get route(): string {
    return this.data.goal._cls;
  }

  override get id(): string {
    return idFrom(this.type, this.subject, String(this.data.goal.version));
  }
}

/** Id of the event that a goal has reached a level, the n-th counted from one. */
export function levelReachedId(goalId: string, level: number): string {
  return idFrom('goal.level_reached', goalId, String(level));
}

/** Id of the event that a funding goal has reached its minimum_level. */
export function fundedId(goalId: string): string {
  return idFrom('goal.funded', goalId);
}

/** Id of the event that a goal has reached its last level. */
export function completedId(goalId: string): string {
  return idFrom('goal.completed', goalId);
}
