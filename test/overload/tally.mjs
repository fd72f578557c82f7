import { readFileSync } from 'node:fs';

/** What came back, and how long it took. */
export class Tally {
  statuses = new Map();
  accepted = [];
  #times = [];

  take(status, ms, body) {
    this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
    this.#times.push(ms);
    if (status === 202) this.accepted.push(JSON.parse(body).goal_id);
  }

  get count() {
    return this.#times.length;
  }

  /** Milliseconds within which this share was answered. */
  within(share) {
    const sorted = this.#times.toSorted((a, b) => a - b);
    return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0);
  }
}

/** Megabytes of memory that a process holds. */
export function residentMb(pid) {
  const [, kilobytes] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Math.round(Number(kilobytes) / 1024);
}
