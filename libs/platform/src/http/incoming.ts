import { type ArgumentsHost, createParamDecorator, type ExecutionContext, SetMetadata } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { newId } from '../mongo/object-id.js';
import { forbidden } from '../problem/problem.js';

/** A request, over HTTP or as a message. Guard, idempotency and handlers see no difference. */
export interface Incoming {
  /** `Bearer <token>`, as the client sent it. */
  authorization: unknown;
  idempotencyKey: unknown;
  /** Two requests with the same identity are the same one; the token is no part of it. */
  identity: unknown;
  /** A path, or the pattern of a message. */
  target: string;
  /** Where a message says that it comes from, as it was sent; HTTP has this in its headers. */
  origin?: Origin;
  caller?: Caller;
  operation?: Operation;
}

/** The request and the trace that a message is a part of. */
export type Origin = Partial<Record<'request_id' | 'traceparent' | 'tracestate', unknown>>;

/** The fields of a message that HTTP has in headers: they are no part of what is asked for. */
export const messageHeaders = ['authorization', 'request_id', 'traceparent', 'tracestate'] as const;

/** Where a request carries it; a WeakMap of them would cost each garbage collection more. */
const known = Symbol('incoming');

/** The request of a context, the same object on each call. */
export function incomingOf(host: ArgumentsHost): Incoming {
  const isMessage = host.getType() === 'rpc';
  const source: object & { [known]?: Incoming } = isMessage
    ? messageOf(host)
    : host.switchToHttp().getRequest<FastifyRequest>();
  return (source[known] ??= isMessage ? fromMessage(host) : fromHttp(source as FastifyRequest));
}

/** A message may be any JSON value; one that is no object carries no token, so the guard refuses it. */
function messageOf(host: ArgumentsHost): Record<string, unknown> {
  const data: unknown = host.switchToRpc().getData();
  return typeof data === 'object' && data !== null ? (data as Record<string, unknown>) : {};
}

function fromHttp({ headers, method, url, body }: FastifyRequest): Incoming {
  return {
    authorization: headers.authorization,
    idempotencyKey: headers['idempotency-key'],
    identity: [method, url, body],
    target: url,
  };
}

/** Each transport of Nest has another name for the pattern of a message. */
interface PatternContext {
  getChannel?(): string;
  getSubject?(): string;
  getPattern?(): string;
  /** NATS alone has headers. */
  getHeaders?(): { get(name: string): string } | undefined;
}

function fromMessage(host: ArgumentsHost): Incoming {
  const { authorization, idempotency_key, request_id, traceparent, tracestate, ...rest } = messageOf(host);
  const context = host.switchToRpc().getContext<PatternContext>();
  const pattern = context.getChannel?.() ?? context.getSubject?.() ?? context.getPattern?.() ?? '';
  const headers = context.getHeaders?.();
  const origin: Origin = {
    request_id: headers?.get('x-request-id') || request_id,
    traceparent: headers?.get('traceparent') || traceparent,
    tracestate: headers?.get('tracestate') || tracestate,
  };
  return {
    authorization,
    idempotencyKey: idempotency_key,
    identity: [pattern, rest],
    target: pattern,
    origin,
  };
}

/** What a request creates. */
export interface Operation {
  /** Id of what is created; the same if a request with an Idempotency-Key is repeated. */
  id: string;
  /** An earlier request with the same key died before its response, perhaps after it had created it. */
  isResumed: boolean;
}

/** The operation of this request. */
export const CurrentOperation = createParamDecorator((_: unknown, context: ExecutionContext): Operation => {
  const incoming = incomingOf(context);
  return (incoming.operation ??= { id: newId(), isResumed: false });
});

/** The caller of this request. */
export const CurrentCaller = createParamDecorator(
  (_: unknown, context: ExecutionContext) => incomingOf(context).caller,
);

/** The authorization of this request, for an answer that lasts: it may be withdrawn meanwhile. */
export const CurrentAuthorization = createParamDecorator(
  (_: unknown, context: ExecutionContext) => incomingOf(context).authorization,
);

/** The roles a caller may have. */
export type Role = 'streamer' | 'service' | 'admin';

/** Who makes a request, by the verified token. */
export interface Caller {
  /** `sub` of the token. */
  userId: string;
  roles: string[];
  /** The id of the one thing that the token reads; absent for tokens of users. */
  scope?: string;
}

/** Whether the caller has one of the roles. */
export function hasRole(caller: Caller, ...roles: Role[]): boolean {
  return roles.some((role) => caller.roles.includes(role));
}

export const OPEN = 'goalpost:open';
export const ROLES = 'goalpost:roles';
export const TOKEN_IN_QUERY = 'goalpost:token-in-query';
export const IN_SCOPE = 'goalpost:in-scope';

/** Makes an endpoint public: no token is needed. */
export const Open = () => SetMetadata(OPEN, true);

/** Requires one of these roles. */
export const Roles = (...roles: Role[]) => SetMetadata(ROLES, roles);

/** Also takes the token from `?access_token=`, for clients that cannot send a header. */
export const TokenInQuery = () => SetMetadata(TOKEN_IN_QUERY, true);

/**
 * Takes tokens with a scope, too. `param` is the parameter of the path that has to be the scope; without it the handler itself
 * calls `assertInScope`. Whatever is not marked refuses such tokens.
 */
export const InScope = (param?: string) => SetMetadata(IN_SCOPE, { param });

/** Throws a 403 problem if the caller's token reads one other thing alone. */
export function assertInScope({ scope }: Caller, id: string | undefined): void {
  if (scope !== undefined && scope !== id) throw forbidden('This token reads something else alone.');
}

/** The authorization in the query of a request, in the form of the header; undefined if there is none. */
export function authorizationInQuery({ query }: FastifyRequest): string | undefined {
  const { access_token } = (query ?? {}) as { access_token?: unknown };
  return typeof access_token === 'string' ? `Bearer ${access_token}` : undefined;
}

/** A URL without the token that it may have in its query, to be shown. */
export function withoutToken(url: string): string {
  return url.replace(/([?&](?:access_)?token=)[^&]*/g, '$1[redacted]');
}
