/** Remembers the events that came last, so that one that is delivered twice is told once. */
export class SeenEvents {
  #ids = new Set();
  #limit;

  constructor(limit = 1000) {
    this.#limit = limit;
  }

  /** Whether this id comes for the first time; an event without one always does. */
  isNew(id) {
    if (id === undefined) return true;
    if (this.#ids.has(id)) return false;
    this.#ids.add(id);
    if (this.#ids.size > this.#limit) this.#ids.delete(this.#ids.values().next().value);
    return true;
  }
}
