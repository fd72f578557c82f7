import type { Correction, GoalChanged, GoalStepped, Settlement, Update } from '#contracts';
import { DurableEvent, idFrom, isKnownVersion, UnknownJobError, type Versioned } from '#platform';

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
export type OutboxEntry = Versioned<OutboxChange>;

/** What has changed. */
type OutboxChange =
  | ({ type: 'goal.settled' } & Settlement)
  | ({ type: 'goal.corrected' } & Correction)
  | ({ type: 'goal.updated' } & Update)
  | ({ type: 'goal.expired' | 'goal.cancelled' } & Pick<GoalStepped, 'scheduled_for'>);

/** The version of the form of entries; it rises with each change that a worker of the release before would read wrongly. */
const entryVersion = 1;

const entryTypes: readonly string[] = [
  'goal.settled',
  'goal.corrected',
  'goal.updated',
  'goal.expired',
  'goal.cancelled',
] satisfies OutboxChange['type'][];

/** An entry as it is stored. */
export const outboxEntry = (change: OutboxChange): OutboxEntry => ({ v: entryVersion, ...change });

/** Throws an UnknownJobError if another release wrote one of these entries in a form that this one does not know. */
export function assertKnownEntries(entries: readonly OutboxEntry[]): void {
  for (const { v, type } of entries)
    if (!isKnownVersion(v, entryVersion) || !entryTypes.includes(type))
      throw new UnknownJobError(`no worker here knows version ${String(v)} of ${type} in an outbox`);
}
