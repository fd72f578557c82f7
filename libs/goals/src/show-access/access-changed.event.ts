import type { AccessChange } from '#contracts';
import { idFrom } from '#platform';
import { GoalChangedEvent } from '../goal/goal-changed.event.js';

/** What a change of access is made of, and what tells it from all others of the same user and goal. */
export interface IdentifiedAccessChange extends AccessChange {
  /** The revision of the rule, or the source_id of the contribution that was voided. */
  change_id: string;
}

/** The access of one user to the show of a funding goal has changed. */
abstract class AccessChangedEvent extends GoalChangedEvent<IdentifiedAccessChange> {
  override get id(): string {
    return idFrom(this.type, this.subject, this.data.user_id, this.data.change_id);
  }
}

/** A user may watch who might not before. */
export class AccessGrantedEvent extends AccessChangedEvent {
  readonly type = 'access.granted';
}

/** A user may not watch any more. */
export class AccessRevokedEvent extends AccessChangedEvent {
  readonly type = 'access.revoked';
}

/** Every event of access. */
export const accessEvents = [AccessGrantedEvent, AccessRevokedEvent];

export type AccessEvent = AccessGrantedEvent | AccessRevokedEvent;
