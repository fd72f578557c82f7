import type { Correction, GoalChanged, GoalStepped, Settlement, Update } from '#contracts';
import { DurableEvent, idFrom, isKnownVersion, type Versioned } from '#platform';

/** A goal has changed. By default such a change happens to a goal once, so its id is that of the goal and the type. */
export abstract class GoalChangedEvent<Details extends object> extends DurableEvent<GoalChanged<Details>> {
  get subject(): string {
    return this.data.goal.goal_id;
  }

  get route(): string {
    return this.data.goal._cls;
  }
}

/** The goal's window has opened. */
export class GoalActivatedEvent extends GoalChangedEvent<Pick<GoalStepped, 'scheduled_for'>> {
  readonly type = 'goal.activated';
}

/** The goal has closed before its last level was reached: with its window, or before if its show has begun. */
export class GoalExpiredEvent extends GoalChangedEvent<Pick<GoalStepped, 'scheduled_for'>> {
  readonly type = 'goal.expired';
}

/** The goal was cancelled, on its own or with its session. */
export class GoalCancelledEvent extends GoalChangedEvent<Pick<GoalStepped, 'scheduled_for'>> {
  readonly type = 'goal.cancelled';
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
export const outboxEvents = [
  GoalActivatedEvent,
  GoalExpiredEvent,
  GoalCancelledEvent,
  GoalSettledEvent,
  GoalCorrectedEvent,
  GoalUpdatedEvent,
];

export type OutboxEvent = InstanceType<(typeof outboxEvents)[number]>;

/** A change that is stored in the goal's document together with what it changed, and not published yet. */
export type OutboxEntry = Versioned<OutboxChange>;

/** What has changed. */
type OutboxChange =
  | ({ type: 'goal.settled' } & Settlement)
  | ({ type: 'goal.corrected' } & Correction)
  | ({ type: 'goal.updated' } & Update)
  | ({ type: 'goal.activated' | 'goal.expired' | 'goal.cancelled' } & Pick<GoalStepped, 'scheduled_for'>);

/** The version of the form of entries; it rises with each change that a worker of the release before would read wrongly. */
const entryVersion = 1;

const entryTypes: readonly string[] = [
  'goal.activated',
  'goal.settled',
  'goal.corrected',
  'goal.updated',
  'goal.expired',
  'goal.cancelled',
] satisfies OutboxChange['type'][];

/** An entry as it is stored. */
export const outboxEntry = (change: OutboxChange): OutboxEntry => ({ v: entryVersion, ...change });

/** Whether this release knows the form of all of these entries. */
export const areKnown = (entries: readonly Pick<OutboxEntry, 'v' | 'type'>[]): boolean =>
  entries.every(({ v, type }) => isKnownVersion(v, entryVersion) && entryTypes.includes(type));

/** The filter for goals of whose outbox this release knows every entry. */
export const knownOutbox = {
  outbox: { $not: { $elemMatch: { $or: [{ v: { $gt: entryVersion } }, { type: { $nin: entryTypes } }] } } },
};
