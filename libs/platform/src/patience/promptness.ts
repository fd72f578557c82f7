/** How long something takes at most that counts as prompt. */
export const promptMs = 100;

/** Knows whether something outside is prompt, by how long it took the last time. */
export class Promptness {
  private prompt = false;

  /** Whether it is prompt at this time. Until it has shown that, it is not; while a call goes on for too long, neither. */
  get holds(): boolean {
    return this.prompt;
  }

  /** Makes a call, and takes its time. */
  async watch<Result>(call: () => Promise<Result>): Promise<Result> {
    let isLate = false;
    const patience = setTimeout(() => {
      isLate = true;
      this.prompt = false;
    }, promptMs);
    try {
      const result = await call();
      this.prompt = !isLate;
      return result;
    } catch (error) {
      this.prompt = false;
      throw error;
    } finally {
      clearTimeout(patience);
    }
  }
}
