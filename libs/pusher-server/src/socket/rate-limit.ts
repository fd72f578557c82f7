const second = 1000;

/** Admits so many in each second. */
export class RateLimit {
  private began = 0;
  private admitted = 0;

  constructor(private readonly perSecond: number) {}

  /** Whether one more may pass now. */
  admits(now = performance.now()): boolean {
    if (now - this.began >= second) {
      this.began = now;
      this.admitted = 0;
    }
    this.admitted += 1;
    return this.admitted <= this.perSecond;
  }
}
