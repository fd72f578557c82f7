/** A time in which a store could not be used. */
export interface Outage {
  store: 'MongoDB' | 'Redis' | 'Redis writes';
  from: number;
  to: number;
}

/** Notes when which store was away, so that the answers of that time can be judged. */
export class Outages {
  readonly all: Outage[] = [];

  /** Runs what keeps the store away for its whole duration. */
  async during(store: Outage['store'], away: () => Promise<void>): Promise<void> {
    const from = Date.now();
    await away();
    this.all.push({ store, from, to: Date.now() });
  }
}
