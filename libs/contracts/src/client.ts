import type { ClientProxy } from '@nestjs/microservices';
import type { Access } from './access.js';
import type { Contributed, FundingContent, Goal, GoalContent, GoalType } from './goal.js';
import type { Id } from './values.js';

/** Names of the messages that goalpost answers. A refusal is an RPC error: the problem object that HTTP would send. */
export const goalPatterns = {
  create: 'goals.create',
  get: 'goals.get',
  contribute: 'goals.contribute',
  access: 'goals.access',
} as const;

/** The request and the trace that a message is a part of; goalpost continues both, up to the events that follow. */
export interface TraceContext {
  /** Names the request in log lines: 1 to 128 characters of `A-Za-z0-9_.:/+=@-`. Anything else is replaced. */
  request_id?: string;
  /**
   * As in W3C Trace Context. On NATS, headers of these names and `x-request-id` do as well.
   * @pattern ^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$
   */
  traceparent?: string;
  tracestate?: string;
}

/** The fields that every message has. */
export interface AuthorizedMessage extends TraceContext {
  /** `Bearer <token>`. */
  authorization: string;
}

/** `goals.create`: the body of POST /goals, answered by `{goal_id}`. */
export interface CreateGoalMessage extends AuthorizedMessage, GoalContent, FundingContent {
  goal_type: GoalType;
  idempotency_key?: string;
  context: {
    session_id: Id;
    funding_goal_id?: Id;
    trigger_exclusive_goal_id?: Id;
  };
  /** Unix seconds, or ISO 8601 with a zone. */
  nbf?: number | string;
  exp?: number | string;
}

/** `goals.get`, answered by the goal. */
export interface GetGoalMessage extends AuthorizedMessage {
  goal_id: Id;
}

/** `goals.contribute`: the body of POST /goals/{goal_id}/contributions, answered by `{goal_id, progress, level, late}`. */
export interface ContributeMessage extends AuthorizedMessage {
  goal_id: Id;
  source_id: string;
  user_id: string;
  amount: number;
  display_name?: string;
  message?: string;
  anonymous?: boolean;
}

/** `goals.access`: whether a user may watch the show of a funding goal, answered as GET /goals/{goal_id}/access/{user_id} is. */
export interface AccessMessage extends AuthorizedMessage {
  /** The funding goal or its show goal. */
  goal_id: Id;
  user_id: string;
}

/** Why a request was refused (RFC 9457): the body of an HTTP response, and the RPC error of a message. */
export interface ProblemDetails {
  /** @format uri */
  type: string;
  title: string;
  status: number;
  detail: string;
  /**
   * The path of the refused request, or the pattern of the refused message.
   * @format uri-reference
   */
  instance: string;
  /** The kind of problem; it never changes. */
  code: string;
  /** Each invalid field by its JSON pointer. */
  errors?: { pointer: string; detail: string }[];
  /** The existing goal that the refused one conflicts with. */
  goal_id?: Id;
}

/** Whether an error is a refusal by goalpost, as opposed to a transport error or a timeout. */
export function isProblem(error: unknown): error is ProblemDetails {
  const type = typeof error === 'object' && error !== null && 'type' in error ? error.type : undefined;
  return typeof type === 'string' && type.startsWith('urn:goalpost:problem:');
}

/** A message without what the client adds. */
type Unsigned<Message extends AuthorizedMessage> = Omit<Message, keyof AuthorizedMessage>;

/** Optional settings of a client. */
export interface GoalsClientOptions {
  /** Ten seconds by default. */
  timeoutMs?: number;
  /** Called for each message: the request and the trace that it belongs to. */
  traceContext?: () => TraceContext;
}

/**
 * Sends messages to goalpost over the transport of the proxy. A refusal rejects with the problem object (`isProblem`).
 * After any other failure every call can be retried, `create` with the same `idempotency_key`.
 */
export class GoalsClient {
  /** `token` is called for each message, so that it can be renewed; it is sent as `Bearer <token>`. */
  constructor(
    private readonly proxy: ClientProxy,
    private readonly token: () => string | Promise<string>,
    private readonly options: GoalsClientOptions = {},
  ) {}

  /** Requests a goal; resolves with its id once it is accepted. */
  create(goal: Unsigned<CreateGoalMessage>): Promise<{ goal_id: Id }> {
    return this.send(goalPatterns.create, goal);
  }

  /** Reads a goal. */
  get(goalId: string): Promise<Goal> {
    return this.send(goalPatterns.get, { goal_id: goalId });
  }

  /** Adds a contribution, once for each `source_id`. The token needs the role service. */
  contribute(contribution: Unsigned<ContributeMessage>): Promise<Contributed> {
    return this.send(goalPatterns.contribute, contribution);
  }

  /** Whether a user may watch the show of a funding goal. The token is that user's, or needs the role service or admin. */
  access(goalId: string, userId: string): Promise<Access> {
    return this.send(goalPatterns.access, { goal_id: goalId, user_id: userId });
  }

  private async send<Response>(pattern: string, message: object): Promise<Response> {
    const { timeoutMs = 10_000, traceContext } = this.options;
    const authorization = `Bearer ${await this.token()}`;
    return new Promise((resolve, reject) => {
      const subscription = this.proxy
        .send<Response>(pattern, { ...message, ...traceContext?.(), authorization })
        .subscribe({
          next: resolve,
          error: reject,
          complete: () => reject(new Error(`${pattern} ended without an answer`)),
        });
      const onTimeout = () => reject(new Error(`${pattern} was not answered within ${timeoutMs} ms`));
      const timeout = setTimeout(onTimeout, timeoutMs);
      subscription.add(() => clearTimeout(timeout));
    });
  }
}
