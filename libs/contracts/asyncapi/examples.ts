import type {
  Access,
  Contributed,
  Goal,
  GoalEvent,
  GoalEventData,
  GoalContributed,
  GoalEventType,
  GoalPattern,
  GoalRequests,
  NatsEventHeaders,
  ProblemDetails,
  SealedPayload,
  StreamAuthorized,
  StreamEventType,
  StreamPayload,
  StreamRevoked,
  TraceContext,
  TruncatedPayload,
  WebhookHeaders,
  WebhookTest,
} from '../src/index.js';

/** The examples of the document. Their types are those of the contract, so that they follow it. */

const id = (end: string) => `65${end.padStart(22, '0')}`;
const session_id = id('10');
const streamer_id = id('1');
const viewer_id = id('21');
const goal_id = id('a7');
const showGoalId = id('a6');
const eventId = id('e1');
const occurred_at = '2026-09-21T14:13:20.000Z';

const goal: Goal = {
  goal_id,
  goal_type: 'show_funding',
  _cls: 'ShowFundingGoal',
  status: 'active',
  active: true,
  version: 2,
  levels: [{ title: 'fifty tickets', target: 50 }, { target: 200 }],
  level: 1,
  peak_level: 1,
  progress: 60,
  unit: 'tickets',
  conditions: { session_id },
  context: { type: 'show_funding', session_id },
  metadata: { user_id: streamer_id },
  nbf: '2026-09-21T14:00:00.000Z',
  exp: '2026-09-21T15:00:00.000Z',
  completed_at: null,
  created_at: '2026-09-21T14:00:00.000Z',
  minimum_level: 1,
  sales_until: 'show_end',
  show: null,
  outcome: 'open',
  void_reason: null,
  late_tickets: 0,
  settle_by: null,
  settled_at: null,
  delivered: null,
  performance: null,
};
const show: Goal = {
  ...goal,
  goal_id: showGoalId,
  goal_type: 'show',
  _cls: 'ShowGoal',
  progress: 0,
  level: 0,
  peak_level: 0,
  unit: 'seconds',
  context: { type: 'show', session_id, funding_goal_id: goal_id },
  minimum_level: null,
  sales_until: null,
  outcome: null,
  late_tickets: null,
  performance: 'paused',
};
const data = { ...goal, session_id };
const settled = {
  ...data,
  version: 9,
  status: 'expired',
  active: false,
  outcome: 'delivered',
  settle_by: '2026-09-21T15:15:00.000Z',
  settled_at: '2026-09-21T16:00:00.000Z',
} as const;
const access = { ...data, user_id: viewer_id, streamer_id };

const eventData: { [Type in GoalEventType]: GoalEventData<Type> } = {
  'goal.created': {
    ...data,
    version: 0,
    progress: 0,
    level: 0,
    peak_level: 0,
    status: 'scheduled',
    active: false,
  },
  'goal.added': { ...show, version: 0, session_id, streamer_id },
  'goal.activated': { ...data, version: 1, progress: 0, level: 0, peak_level: 0, scheduled_for: goal.nbf },
  'goal.progressed': data,
  'goal.level_reached': { ...data, level_reached: 1 },
  'goal.completed': {
    ...data,
    version: 3,
    status: 'completed',
    progress: 200,
    level: 2,
    peak_level: 2,
    completed_at: occurred_at,
  },
  'goal.expired': {
    ...data,
    version: 8,
    status: 'expired',
    active: false,
    scheduled_for: '2026-09-21T15:00:00.000Z',
  },
  'goal.cancelled': {
    ...data,
    version: 8,
    status: 'cancelled',
    active: false,
    reason: 'cancelled',
    outcome: 'void',
    void_reason: 'cancelled',
    settled_at: occurred_at,
    scheduled_for: null,
  },
  'goal.failed': {
    ...show,
    version: 0,
    session_id,
    status: 'failed',
    active: false,
    reason: 'bind-show-to-session: the session has no pair for the funding goal',
  },
  'goal.funded': data,
  'goal.settled': { ...settled, tickets: 2, total: 60 },
  'goal.corrected': { ...data, progress: 50, source_id: 'payment-17', delta: -10, reason: 'refunded' },
  'goal.updated': {
    ...data,
    context: { ...goal.context, show_goal_id: showGoalId },
    changes: ['context.show_goal_id'],
  },
  'access.granted': { ...access, cause: 'grant', reason: 'on the guest list' },
  'access.revoked': { ...access, cause: 'ban', reason: null },
};

const eventOf = <Type extends GoalEventType>(type: Type): GoalEvent<Type> => ({
  event_id: eventId,
  type,
  version: eventData[type].version,
  occurred_at,
  data: eventData[type],
});

/** The envelope of each event. */
export const events = Object.fromEntries(
  Object.keys(eventData).map((type) => [type, eventOf(type as GoalEventType)]),
) as { [Type in GoalEventType]: GoalEvent<Type> };

/** Who has just given. */
export const contributed: GoalContributed = {
  goal_id: showGoalId,
  session_id,
  unit: 'coins',
  source_id: 'payment-4711',
  giver: { display_name: 'Ann', message: 'for the encore', amount: 100 },
};

/** The payload of an event for viewers. */
export function streamPayload<Type extends StreamEventType>(type: Type): StreamPayload<Type> {
  const { goal_type, _cls, conditions, context } = show;
  const added: StreamPayload<'goal.added'> = {
    event_id: eventId,
    goal_id: showGoalId,
    _cls: _cls as 'ShowGoal',
    conditions,
    context,
    session_id,
    streamer_id,
    goal_type: goal_type!,
  };
  const payload = type === 'goal.added' ? added : { ...eventData[type], event_id: eventId, occurred_at };
  return payload as StreamPayload<Type>;
}

const authorization = 'Bearer eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl';

/** The request and the trace that a message belongs to. */
export const traceContext: TraceContext = {
  request_id: 'order/17',
  traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
};

/** Each message with its answer. */
export const requests: { [Pattern in GoalPattern]: GoalRequests[Pattern] } = {
  'goals.create': {
    message: {
      authorization,
      goal_type: 'karaoke',
      idempotency_key: 'song-1',
      levels: [{ title: 'first song', target: 600 }],
      context: { session_id },
      exp: '2026-09-21T15:00:00Z',
      ...traceContext,
    },
    answer: { goal_id },
  },
  'goals.get': { message: { authorization, goal_id }, answer: goal },
  'goals.contribute': {
    message: {
      authorization,
      goal_id,
      source_id: 'payment-17',
      user_id: viewer_id,
      amount: 10,
      display_name: 'Ann',
    },
    answer: { goal_id, progress: 60, level: 1, late: false } satisfies Contributed,
  },
  'goals.access': {
    message: { authorization, goal_id, user_id: viewer_id },
    answer: { allowed: true, via: 'ticket', goal_id, session_id } satisfies Access,
  },
};

export const problem: ProblemDetails = {
  type: 'urn:goalpost:problem:validation_failed',
  title: 'Validation failed',
  status: 422,
  detail: 'The request has invalid fields.',
  instance: 'goals.create',
  code: 'validation_failed',
  errors: [{ pointer: '/levels', detail: 'must contain at least 1 elements' }],
};

export const natsHeaders = (type: GoalEventType): NatsEventHeaders => ({
  'Nats-Msg-Id': eventId,
  'ce-specversion': '1.0',
  'ce-id': eventId,
  'ce-type': type,
  'ce-source': 'urn:goalpost',
  'ce-time': occurred_at,
  traceparent: traceContext.traceparent,
  'x-request-id': traceContext.request_id,
});

export const webhookHeaders: WebhookHeaders = {
  'webhook-id': eventId,
  'webhook-timestamp': '1790000000',
  'webhook-signature': 'v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=',
};

export const webhookTest: WebhookTest = {
  event_id: eventId,
  type: 'webhook.test',
  version: 0,
  occurred_at,
  data: { webhook_id: id('f1') },
};

const viewer = { event_id: eventId, session_id, streamer_id, viewer_id };
export const authorized: StreamAuthorized = { ...viewer, goal_id: showGoalId };
export const revoked: StreamRevoked = { ...viewer, goal_id, cause: 'session_ended' };
export const sealed: SealedPayload = {
  nonce: 'MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz',
  ciphertext: '3Kc5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4w==',
};
export const truncated: TruncatedPayload = { event_id: eventId, goal_id, truncated: true };
