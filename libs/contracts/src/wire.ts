import type { Access } from './access.js';
import type {
  AccessMessage,
  ContributeMessage,
  CreateGoalMessage,
  GetGoalMessage,
  ProblemDetails,
  TraceContext,
} from './client.js';
import type { GoalEvent, GoalEventType } from './events.js';
import type { Contributed, Goal } from './goal.js';
import type { Id, Instant } from './values.js';

/** Each message that goalpost answers, with its answer. */
export interface GoalRequests {
  'goals.create': { message: CreateGoalMessage; answer: GoalAccepted };
  'goals.get': { message: GetGoalMessage; answer: Goal };
  'goals.contribute': { message: ContributeMessage; answer: Contributed };
  'goals.access': { message: AccessMessage; answer: Access };
}

/** The name of a message that goalpost answers. */
export type GoalPattern = keyof GoalRequests;

/** Answer to `goals.create`: the goal is accepted, and will be there or have failed. */
export interface GoalAccepted {
  goal_id: Id;
}

/** A request on the wire. Nest's own clients make it; others do as docs/wire.md says. */
export interface RequestPacket<Pattern extends GoalPattern = GoalPattern> {
  /** By it the answer is recognized: a text of at most 255 characters, new for each request. */
  id: string;
  pattern: Pattern;
  data: GoalRequests[Pattern]['message'];
}

/** An answer on the wire. */
export interface AnswerPacket<Pattern extends GoalPattern = GoalPattern> {
  /** That of the request. */
  id: string;
  response: GoalRequests[Pattern]['answer'];
  /** Nothing more comes for this request. */
  isDisposed: true;
}

/** A refusal on the wire. */
export interface RefusalPacket {
  /** That of the request. */
  id: string;
  err: ProblemDetails;
  isDisposed: true;
}

/** An event on the wire, over Redis and NATS; over NATS the trace context is in headers. */
export interface EventPacket<Type extends GoalEventType = GoalEventType> extends TraceContext {
  pattern: Type;
  data: GoalEvent<Type>;
}

/** The headers of an event over NATS: those of CloudEvents 1.0 and of W3C Trace Context. */
export interface NatsEventHeaders {
  /** The event_id, by which JetStream stores an event once. */
  'Nats-Msg-Id'?: Id;
  'ce-specversion'?: '1.0';
  'ce-id'?: Id;
  'ce-type'?: GoalEventType;
  'ce-source'?: 'urn:goalpost';
  'ce-time'?: Instant;
  /** @pattern ^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$ */
  traceparent?: string;
  tracestate?: string;
  'x-request-id'?: string;
}

/** The headers of a webhook, by the Standard Webhooks specification. */
export interface WebhookHeaders {
  /** The event_id. */
  'webhook-id': Id;
  /**
   * When it was sent, in Unix seconds.
   * @pattern ^[0-9]+$
   */
  'webhook-timestamp': string;
  /**
   * One signature for each secret that is valid, with spaces between.
   * @pattern ^v1,[A-Za-z0-9+/]{43}=( v1,[A-Za-z0-9+/]{43}=)*$
   */
  'webhook-signature': string;
}

/** What `POST /webhooks/{webhook_id}/test` sends. */
export interface WebhookTest {
  event_id: Id;
  type: 'webhook.test';
  version: 0;
  occurred_at: Instant;
  data: { webhook_id: Id };
}
