import type { ProblemDetails } from '#contracts';

/** One fault of a request: where (JSON pointer, RFC 6901) and what. */
export interface FieldFault {
  pointer: string;
  detail: string;
}

/** Members that a problem may carry beyond those of RFC 9457. */
export interface ProblemExtensions {
  errors?: FieldFault[];
  /** The goal that already stands where the refused one was to go. */
  goal_id?: string;
}

/** A refusal for the client, sent as `application/problem+json` (RFC 9457). */
export class Problem extends Error {
  constructor(
    readonly kind: ProblemKind,
    detail: string,
    readonly extensions: ProblemExtensions = {},
    readonly headers: Record<string, string> = {},
  ) {
    super(detail);
    this.name = 'Problem';
  }

  /** The body of the answer; `instance` says which request was refused. */
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

/** A kind of refusal: its status, its stable code and its title. Call it for a Problem of that kind. */
export interface ProblemKind {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  /** The same request may succeed a little later, so that this answer is not kept under an Idempotency-Key. */
  readonly retryable: boolean;
  (detail: string, extensions?: ProblemExtensions, headers?: Record<string, string>): Problem;
}

/** Declares a kind of refusal; `code` is part of the contract and never changes. */
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
