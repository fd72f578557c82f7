import type { AccessCause } from './access.js';
import type { GoalAdded, GoalEventData, GoalEventType } from './events.js';
import type { GoalType } from './goal.js';
import type { Id, Instant } from './values.js';

/** The events that viewers do not get: a goal is shown once it is added, and access concerns one viewer alone. */
type NotForViewers = 'goal.created' | 'goal.failed' | 'access.granted' | 'access.revoked';

/** An event that the channel of a stream carries, and its server-sent events. */
export type StreamEventType = Exclude<GoalEventType, NotForViewers>;

/** The payload of `goal.added`. */
export interface GoalAddedPayload extends GoalAdded {
  event_id: Id;
  goal_type: GoalType;
  /** Set in a rehearsal. */
  test?: true;
}

/** The payload of an event for the viewers of a stream, over Pusher and as a server-sent event. */
export type StreamPayload<Type extends StreamEventType = StreamEventType> = Type extends 'goal.added'
  ? GoalAddedPayload
  : GoalEventData<Type> & {
      event_id: Id;
      occurred_at: Instant;
      /** Set in a rehearsal: nothing of it has happened, and the goal is not as it says. */
      test?: true;
    };

/** The payload of `goal.contributed`, which server-sent events alone have: who has just given. It is no event and stored nowhere. */
export interface GoalContributed {
  goal_id: Id;
  session_id: Id;
  /** What `amount` counts; null if the class of the goal is not known. */
  unit: string | null;
  /** The contribution; `goal.updated` names it if its message is removed. */
  source_id: string;
  giver: { display_name: string; message: string | null; amount: number };
}

/** The payload of `stream.authorized` on a viewer's own channel: the viewer may watch the show. */
export interface StreamAuthorized {
  event_id: Id;
  /** The show. */
  goal_id: Id;
  session_id: Id;
  streamer_id: Id;
  viewer_id: string;
}

/** The payload of `stream.revoked` on a viewer's own channel: the viewer may not watch the show any more. */
export interface StreamRevoked extends Omit<StreamAuthorized, 'goal_id'> {
  /** The funding goal of the show. */
  goal_id: Id;
  cause: AccessCause | 'settled' | 'session_ended';
}

/** What a viewer's own channel carries: a payload by NaCl secretbox, both parts in base64. */
export interface SealedPayload {
  nonce: string;
  ciphertext: string;
}

/** A payload over 10 KB: what is left are its short plain fields, such as ids. */
export interface TruncatedPayload {
  event_id: Id;
  goal_id: Id;
  truncated: true;
}
