/** A refusal of the api; `problem` is its body by RFC 9457. */
export class ProblemError extends Error {
  constructor(problem) {
    super(problem.detail ?? problem.title ?? `The api answered ${problem.status}.`);
    this.name = 'ProblemError';
    this.problem = problem;
  }
}

/** Asks the api under a bearer token; throws a ProblemError where it refuses. A 304 is an answer, not a refusal. */
export async function askJson(url, token, { method = 'GET', body, headers = {} } = {}) {
  const response = await fetch(url, {
    ...(body !== undefined && { body: JSON.stringify(body) }),
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    cache: 'no-store',
  });
  if (!response.ok && response.status !== 304) throw new ProblemError(await problemOf(response));
  return response;
}

/** What stands between us and the api may refuse too, in words of its own. */
async function problemOf(response) {
  const { status, statusText: title } = response;
  const problem = await response.json().catch(() => undefined);
  return problem !== null && typeof problem === 'object' ? { status, title, ...problem } : { status, title };
}
