import { setTimeout } from 'node:timers/promises';

const answerWithinMs = 1000;

/** Sends one of the answers to a request; the last one, perhaps empty, is marked as such. */
export type Respond = (response: { err?: unknown; isDisposed?: boolean }) => unknown;

/** The requests that a transport has taken and not answered yet; it waits for them before it disconnects. */
export class UnansweredRequests {
  private readonly open = new Set<Promise<unknown>>();

  /** Counts a request as open while this work goes on. */
  during<Result>(work: Promise<Result>): Promise<Result> {
    const ended: Promise<unknown> = work.catch(() => undefined).finally(() => this.open.delete(ended));
    this.open.add(ended);
    return work;
  }

  /** Counts a request as open until its last answer is sent. */
  until(respond: Respond): Respond {
    const { promise, resolve } = Promise.withResolvers<void>();
    void this.during(promise);
    return async (response) => {
      const isLast = response.isDisposed === true;
      try {
        return await respond(response);
      } finally {
        if (isLast) resolve();
      }
    };
  }

  /** Resolves once all are answered. */
  async answered(): Promise<void> {
    while (this.open.size > 0) await Promise.all(this.open);
  }
}

/** Waits for an answer of the server, but not for long: the server may be away. */
export async function briefly(answer: Promise<unknown>): Promise<void> {
  const waited = setTimeout(answerWithinMs, undefined, { ref: false });
  await Promise.race([answer.catch(() => undefined), waited]);
}
