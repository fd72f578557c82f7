/** Why a request was refused (RFC 9457): the body of a refused HTTP request, and the RPC error of a refused message. */
export interface ProblemDetails {
  type: string;
  title: string;
  status: number;
  detail: string;
  /** What was refused: the path of a request, or the pattern of a message. */
  instance: string;
  /** Says the kind of refusal; it never changes. */
  code: string;
  /** Each invalid field by its JSON pointer. */
  errors?: { pointer: string; detail: string }[];
  /** The goal that stands where the refused one was to go. */
  goal_id?: string;
}

/** Whether what a message failed with is a refusal by goalpost, and not a transport that broke or an answer that did not come. */
export function isProblem(error: unknown): error is ProblemDetails {
  const type = typeof error === 'object' && error !== null && 'type' in error ? error.type : undefined;
  return typeof type === 'string' && type.startsWith('urn:goalpost:problem:');
}
