import { askJson } from './problem-error.js';

/** Reads all goals of a session, page by page; a page that has not changed is not sent again. */
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
    const kept = this.#pages.get(cursor);
    const headers = kept?.etag ? { 'if-none-match': kept.etag } : {};
    const response = await askJson(url, this.#token, { headers });
    if (response.status === 304) return kept.page;
    const page = await response.json();
    this.#pages.set(cursor, { etag: response.headers.get('etag'), page });
    return page;
  }
}
