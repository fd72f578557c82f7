import { performance } from 'node:perf_hooks';

/** A process that spends more of its time than this on its own work is busy. */
const busyShare = 0.5;

/** So long a measurement lasts at least. */
const measuredMs = 100;

/** Measures whether this process is busy, by how its event loop was used since the last measurement. */
class BusyProcess {
  private begin = performance.eventLoopUtilization();
  private begunAt = performance.now();
  private wasBusy = false;

  /** Whether it was busy of late; an answer costs a measurement ten times a second at most. */
  get isBusy(): boolean {
    const now = performance.now();
    if (now - this.begunAt < measuredMs) return this.wasBusy;
    this.wasBusy = performance.eventLoopUtilization(this.begin).utilization > busyShare;
    this.begin = performance.eventLoopUtilization();
    this.begunAt = now;
    return this.wasBusy;
  }
}

/** Whether this process is busy. */
export const ownProcess = new BusyProcess();
