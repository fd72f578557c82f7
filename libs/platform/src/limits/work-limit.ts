import { Injectable } from '@nestjs/common';
import { AppConfig } from '../config/config.js';
import { overloaded } from '../problem/http-problems.js';
import type { Problem } from '../problem/problem.js';
import { LoopWatch } from './loop-watch.js';

/** More at once end later, not sooner: the stores are busy with fewer. */
const mostAtWork = 192;

/** Who waited longer could not be answered in time any more. */
const patienceMs = 600;

interface Waiter {
  since: number;
  begin: () => void;
  refuse: (problem: Problem) => void;
}

/**
 * Bounds the requests that are at work at once, by whichever door they came. Others wait for their turn, so many at most and
 * not for long. Work counts until it ends, even where its caller was told meanwhile to come again.
 */
@Injectable()
export class WorkLimit {
  private readonly mostAtAll: number;
  private readonly mostAtWork: number;
  private readonly waiting: Waiter[] = [];
  private atWork = 0;

  constructor(
    { limits }: AppConfig,
    private readonly loop: LoopWatch,
  ) {
    this.mostAtAll = limits.inFlight;
    this.mostAtWork = Math.min(mostAtWork, limits.inFlight);
  }

  /** Why a further request would wait in vain; undefined where it may come in. */
  refusal(): Problem | undefined {
    const [first] = this.waiting;
    const isFull = this.atWork + this.waiting.length >= this.mostAtAll;
    const isBusy = this.loop.lateMs > patienceMs;
    return isFull || isBusy || (first && isLate(first)) ? tooMuch : undefined;
  }

  /** Does a piece of work when its turn comes. Throws a 503 problem where that takes too long. */
  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.atWork < this.mostAtWork) this.atWork += 1;
    else await this.turn();
    try {
      return await work();
    } finally {
      this.handOn();
    }
  }

  private async turn(): Promise<void> {
    const refusal = this.refusal();
    if (refusal) throw refusal;
    await new Promise<void>((begin, refuse) => this.waiting.push({ since: Date.now(), begin, refuse }));
  }

  /** Gives a place to the first who still waits for it, or frees it. */
  private handOn(): void {
    for (let next = this.waiting.shift(); next; next = this.waiting.shift()) {
      if (!isLate(next)) return next.begin();
      next.refuse(tooMuch);
    }
    this.atWork -= 1;
  }
}

const isLate = ({ since }: Waiter): boolean => Date.now() - since > patienceMs;

/** One for all: to make an error is not cheap, and it is made when there is no time. */
const tooMuch: Problem = overloaded(
  'More requests are at work here than can be answered in time.',
  {},
  { 'retry-after': '1' },
);
