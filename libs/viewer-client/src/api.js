/** An error response of the api; `problem` is its body (RFC 9457). */
export class ProblemError extends Error {
  constructor(problem) {
    super(problem.detail ?? problem.title ?? `The api answered ${problem.status}.`);
    this.name = 'ProblemError';
    this.problem = problem;
  }
}

/** Sends a request with a bearer token; throws a ProblemError unless the status is 2xx or 304. */
export async function fetchApi(url, token, { method = 'GET', body, headers = {}, signal } = {}) {
  const response = await fetch(url, {
    ...(body !== undefined && { body: JSON.stringify(body) }),
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    cache: 'no-store',
    ...(signal && { signal }),
  });
  if (!response.ok && response.status !== 304) throw new ProblemError(await problemOf(response));
  return response;
}

/** A proxy may answer in place of the api, with a body that is not a problem. */
async function problemOf(response) {
  const { status, statusText: title } = response;
  const problem = await response.json().catch(() => undefined);
  return problem !== null && typeof problem === 'object' ? { status, title, ...problem } : { status, title };
}
