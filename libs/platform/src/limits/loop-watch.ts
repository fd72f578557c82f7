import { Injectable, type OnApplicationShutdown } from '@nestjs/common';

const lookEveryMs = 50;

/** Knows for how long this process has been busy with what came in at once, without a turn for its timers. */
@Injectable()
export class LoopWatch implements OnApplicationShutdown {
  private lastTurn = performance.now();
  private readonly timer = setInterval(() => (this.lastTurn = performance.now()), lookEveryMs).unref();

  /** Milliseconds by which the timers are late. */
  get lateMs(): number {
    return performance.now() - this.lastTurn - lookEveryMs;
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }
}
