import { overloaded, tooManyRequests } from '../problem/http-problems.js';

/** More at once end later, not sooner: the stores are busy with fewer. */
const mostAtWork = 128;

/** Who waited longer could not be answered in time any more. */
export const patienceMs = 600;

/** Who asks, and which part of all there is it may take. */
export interface Asker {
  id: string;
  share: number;
}

/** What one caller has of the slots. */
interface Holding {
  readonly mostAtWork: number;
  readonly mostAtAll: number;
  atWork: number;
  /** At work, waiting for a slot, or done and not answered yet. */
  atAll: number;
}

interface Waiter {
  since: number;
  holding: Holding;
  begin: () => void;
  refuse: (problem: Error) => void;
}

/**
 * Bounds the requests of one kind that are at work at once. Others wait for a slot, so many at most and not for long. No
 * caller has more than its share of the slots and of those who wait: what is beyond its share of slots waits though others
 * are free, what is beyond its share of all is refused.
 */
export class WorkSlots {
  private readonly mostAtWork: number;
  private readonly waiting: Waiter[] = [];
  private readonly holdings = new Map<string, Holding>();
  private atWork = 0;

  constructor(private readonly mostAtAll: number) {
    this.mostAtWork = Math.min(mostAtWork, mostAtAll);
  }

  /** Whether a further request would wait in vain, whoever asks. */
  get isFull(): boolean {
    if (this.atWork + this.waiting.length >= this.mostAtAll) return true;
    if (this.atWork < this.mostAtWork) return false;
    const next = this.waiting.find(mayBegin);
    return next !== undefined && isLate(next);
  }

  /**
   * Does a piece of work in a slot, then what is left to do before its answer without one. Throws a 503 problem where no slot
   * is free in time, a 429 problem where the caller has its share already.
   */
  async run<Result>(asker: Asker, work: () => Promise<Result>, after: () => Promise<void>): Promise<Result> {
    if (this.isFull) throw tooMuch;
    const holding = this.holdingOf(asker);
    if (holding.atAll >= holding.mostAtAll) throw tooMany;
    holding.atAll += 1;
    this.holdings.set(asker.id, holding);
    try {
      const result = await this.inSlot(holding, work);
      await after();
      return result;
    } finally {
      holding.atAll -= 1;
      if (holding.atAll === 0) this.holdings.delete(asker.id);
    }
  }

  private async inSlot<Result>(holding: Holding, work: () => Promise<Result>): Promise<Result> {
    if (this.atWork < this.mostAtWork && mayBegin({ holding })) this.take(holding);
    else
      await new Promise<void>((begin, refuse) =>
        this.waiting.push({ since: Date.now(), holding, begin, refuse }),
      );
    try {
      return await work();
    } finally {
      this.free(holding);
    }
  }

  private take(holding: Holding): void {
    this.atWork += 1;
    holding.atWork += 1;
  }

  /** Gives a slot back, and on to the first who waits for it and may have it. */
  private free(holding: Holding): void {
    this.atWork -= 1;
    holding.atWork -= 1;
    for (;;) {
      const [next] = this.waiting.splice(this.indexOfNext(), 1);
      if (!next) return;
      if (isLate(next)) next.refuse(tooMuch);
      else {
        this.take(next.holding);
        return next.begin();
      }
    }
  }

  /** Behind the last where nobody may. */
  private indexOfNext(): number {
    const index = this.waiting.findIndex(mayBegin);
    return index < 0 ? this.waiting.length : index;
  }

  private holdingOf({ id, share }: Asker): Holding {
    const partOf = (all: number) => Math.max(1, Math.floor(all * share));
    return (
      this.holdings.get(id) ?? {
        mostAtWork: partOf(this.mostAtWork),
        mostAtAll: partOf(this.mostAtAll),
        atWork: 0,
        atAll: 0,
      }
    );
  }
}

const mayBegin = ({ holding }: Pick<Waiter, 'holding'>): boolean => holding.atWork < holding.mostAtWork;
const isLate = ({ since }: Waiter): boolean => Date.now() - since > patienceMs;

const comeAgain = { 'retry-after': '1' };

/** One of each for all: to make an error is not cheap, and it is made when there is no time. */
export const tooMuch = overloaded(
  'More requests are at work here than can be answered in time.',
  {},
  comeAgain,
);
export const tooMany = tooManyRequests(
  'As many requests of this caller as it may have at once are not answered yet.',
  {},
  comeAgain,
);
