import type { ProblemDetails } from '#contracts';

/** One fault of a request: where (JSON pointer, RFC 6901) and what. */
export interface FieldFault {
  pointer: string;
  detail: string;
}

/** Members that a problem may carry beyond those of RFC 9457. */
export interface ProblemExtensions {
  errors?: FieldFault[];
  [member: string]: unknown;
}

/** An error for the client, sent as `application/problem+json` (RFC 9457). */
export class Problem extends Error {
  /** Which limit or part of the service refuses, for the metrics; by default the code of its kind. */
  reason: string;

  constructor(
    readonly kind: ProblemKind,
    detail: string,
    readonly extensions: ProblemExtensions = {},
    readonly headers: Record<string, string> = {},
  ) {
    super(detail);
    this.name = 'Problem';
    this.reason = kind.code;
  }

  /** The same problem, counted under this reason. */
  dueTo(reason: string): this {
    this.reason = reason;
    return this;
  }

  /** The body of the response; `instance` is the request that was refused. */
  toBody(instance: string): ProblemDetails {
    const { status, code, title } = this.kind;
    return {
      type: `urn:goalpost:problem:${code}`,
      title,
      status,
      detail: this.message,
      instance,
      code,
      ...this.extensions,
    };
  }
}

/** A kind of problem: its status, its stable code and its title. Call it to create a Problem of that kind. */
export interface ProblemKind {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  /** The same request may succeed later, so this response is not cached under an Idempotency-Key. */
  readonly retryable: boolean;
  (detail: string, extensions?: ProblemExtensions, headers?: Record<string, string>): Problem;
}

/** Declares a kind of problem; `code` is part of the contract and never changes. */
export function problemKind(
  status: number,
  code: string,
  title: string,
  { retryable = false } = {},
): ProblemKind {
  const kind: ProblemKind = Object.assign(
    (detail: string, extensions?: ProblemExtensions, headers?: Record<string, string>): Problem =>
      new Problem(kind, detail, extensions, headers),
    { status, code, title, retryable },
  );
  return kind;
}

export const malformedRequest = problemKind(400, 'malformed_request', 'The request cannot be read');
export const unauthorized = problemKind(401, 'unauthorized', 'A valid bearer token is needed');
export const forbidden = problemKind(403, 'forbidden', 'The token does not allow this');
export const notFound = problemKind(404, 'not_found', 'Nothing is there');
export const methodNotAllowed = problemKind(
  405,
  'method_not_allowed',
  'That method does not go with the path',
);
export const payloadTooLarge = problemKind(413, 'payload_too_large', 'The body is too large');
export const unsupportedMediaType = problemKind(
  415,
  'unsupported_media_type',
  'The body is not of a known type',
);
export const validationFailed = problemKind(422, 'validation_failed', 'The request has invalid fields');
export const requestInFlight = problemKind(409, 'request_in_flight', 'The same request is still running', {
  retryable: true,
});
export const idempotencyKeyReused = problemKind(
  422,
  'idempotency_key_reused',
  'The Idempotency-Key was used for another request',
);
export const requestTimeout = problemKind(408, 'request_timeout', 'The request took too long to arrive');
export const tooManyRequests = problemKind(429, 'too_many_requests', 'Too many requests', {
  retryable: true,
});
export const headersTooLarge = problemKind(431, 'headers_too_large', 'The headers are too large');
export const internalError = problemKind(500, 'internal_error', 'Something went wrong here');
export const unavailable = problemKind(503, 'unavailable', 'A part of the service is down', {
  retryable: true,
});
export const overloaded = problemKind(503, 'overloaded', 'The service has more to do than it can', {
  retryable: true,
});
