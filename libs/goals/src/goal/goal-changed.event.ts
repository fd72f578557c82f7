import type { Correction, GoalChanged, GoalStepped, Settlement, Update } from '#contracts';
import { DurableEvent, idFrom } from '#platform';

/** A goal has changed. By default such a change happens to a goal once, so its id is that of the goal and the type. */
export abstract class GoalChangedEvent<Details extends object> extends DurableEvent<GoalChanged<Details>> {
  get subject(): string {
    return this.data.goal.goal_id;
  }

  get route(): string {
    return this.data.goal._cls;
  }
}

/** It is decided for good what becomes of the money of a funding goal. */
export class GoalSettledEvent extends GoalChangedEvent<Settlement> {
  readonly type = 'goal.settled';
}

/** A contribution was voided. */
export class GoalCorrectedEvent extends GoalChangedEvent<Correction> {
  readonly type = 'goal.corrected';

  override get id(): string {
    return idFrom(this.type, this.subject, this.data.source_id);
  }
}

/** Fields of a goal were changed that no other event tells of. */
export class GoalUpdatedEvent extends GoalChangedEvent<Update> {
  readonly type = 'goal.updated';

  override get id(): string {
    return idFrom(this.type, this.subject, String(this.data.goal.version));
  }
}

/** The events that a goal keeps in its document until they are published. */
export const outboxEvents = [GoalSettledEvent, GoalCorrectedEvent, GoalUpdatedEvent];

export type OutboxEvent = GoalSettledEvent | GoalCorrectedEvent | GoalUpdatedEvent;

/** A change that is stored in the goal's document together with what it changed, and not published yet. */
export type OutboxEntry =
  | ({ type: 'goal.settled' } & Settlement)
  | ({ type: 'goal.corrected' } & Correction)
  | ({ type: 'goal.updated' } & Update)
  | ({ type: 'goal.expired' | 'goal.cancelled' } & Pick<GoalStepped, 'scheduled_for'>);
