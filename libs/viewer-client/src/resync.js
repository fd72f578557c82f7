import { fetchApi } from './api.js';

const firstWaitMs = 500;
const longestWaitMs = 30_000;

/** Reads all goals of a session, page by page; the api does not send a page again that has not changed. */
export class SessionGoals {
  #pages = new Map();
  #url;
  #token;

  constructor({ api, token, sessionId }) {
    this.#url = `${api}/sessions/${encodeURIComponent(sessionId)}/goals`;
    this.#token = token;
  }

  async read() {
    const goals = [];
    let cursor = '';
    do {
      const page = await this.#page(cursor);
      goals.push(...page.items);
      cursor = page.next_cursor;
    } while (cursor);
    return goals;
  }

  async #page(cursor) {
    const url = cursor ? `${this.#url}?cursor=${encodeURIComponent(cursor)}` : this.#url;
    const cached = this.#pages.get(cursor);
    const headers = cached?.etag ? { 'if-none-match': cached.etag } : {};
    const response = await fetchApi(url, this.#token, { headers });
    if (response.status === 304) return cached.page;
    const page = await response.json();
    this.#pages.set(cursor, { etag: response.headers.get('etag'), page });
    return page;
  }
}

/**
 * Runs `read` on request. Only one run is active at a time; requests meanwhile cause one more run after it. A failed run
 * is retried with growing waits, unless the api refused it with a status that a retry cannot change.
 */
export function createResync(read, onError) {
  let state = 'idle';
  let waitMs = firstWaitMs;
  let timer;

  async function run() {
    state = 'running';
    try {
      await read();
      waitMs = firstWaitMs;
    } catch (error) {
      onError(error);
      if (!isFinal(error)) retryLater();
    }
    const isRequestedAgain = state === 'requested';
    if (state !== 'closed') state = 'idle';
    if (isRequestedAgain) await run();
  }

  function retryLater() {
    clearTimeout(timer);
    // The jitter spreads the retries of viewers that lost the api at the same moment.
    timer = setTimeout(request, waitMs * (0.5 + Math.random()));
    waitMs = Math.min(2 * waitMs, longestWaitMs);
  }

  function request() {
    if (state === 'idle') void run();
    else if (state === 'running') state = 'requested';
  }

  function close() {
    state = 'closed';
    clearTimeout(timer);
  }

  return { request, close };
}

function isFinal({ problem }) {
  return problem !== undefined && problem.status >= 400 && problem.status < 500 && problem.status !== 429;
}
