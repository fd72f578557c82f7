import { AsyncLocalStorage } from 'node:async_hooks';
import { Injectable } from '@nestjs/common';
import { type Caller, hasRole } from '../auth/caller.js';
import { AppConfig } from '../config/config.js';
import type { Problem } from '../problem/problem.js';
import { heldBack, refuseHeldBack } from './held-back.js';
import { LoopWatch } from './loop-watch.js';
import { type WorkKind, workKinds } from './work-kind.js';
import { patienceMs, tooMany, tooMuch, WorkSlots } from './work-slots.js';

/** Parts of the slots of a kind, and of those who wait for them: a service asks for many users. */
const shareOfUser = 1 / 4;
const shareOfService = 3 / 4;

/** What one request asked for on its way. */
interface Wish {
  holdBackMs: number;
}
const wishes = new AsyncLocalStorage<Wish>();

/**
 * Holds the answer of the request that this code runs for back for so long once its work is done. Its slot is free by then,
 * but it still counts to what its caller may have at once. Nothing is held back where no request is at work.
 */
export function holdAnswerBack(ms: number): void {
  const wish = wishes.getStore();
  if (wish) wish.holdBackMs = ms;
}

/**
 * Bounds the requests that are at work at once, by whichever way they came, for each kind by itself. Work counts until it
 * ends, even where its caller was told meanwhile to come again.
 */
@Injectable()
export class WorkLimit {
  private readonly slots: Record<WorkKind, WorkSlots>;

  constructor(
    { limits }: AppConfig,
    private readonly loop: LoopWatch,
  ) {
    this.slots = Object.fromEntries(
      workKinds.map((kind) => [kind, new WorkSlots(limits.inFlight)]),
    ) as Record<WorkKind, WorkSlots>;
  }

  /** Why a further request of that kind would wait in vain; undefined where it may come in. */
  refusal(kind: WorkKind): Problem | undefined {
    return this.loop.lateMs > patienceMs || this.slots[kind].isFull ? tooMuch : undefined;
  }

  /**
   * Does a piece of work when a slot is free for it; the caller is who the token names, or an address. Throws a 503 problem
   * where that takes too long, a 429 problem, which is held back, where the caller has its share of the slots and of those who wait.
   */
  run<Result>(kind: WorkKind, caller: Caller | string, work: () => Promise<Result>): Promise<Result> {
    const wish: Wish = { holdBackMs: 0 };
    const slots = this.slots[kind];
    const answered = async () => {
      if (wish.holdBackMs > 0) await heldBack(wish.holdBackMs);
    };
    return slots
      .run(askerOf(caller), () => wishes.run(wish, work), answered)
      .catch((error: unknown) =>
        error === tooMany ? refuseHeldBack(error) : Promise.reject(error as Error),
      );
  }
}

function askerOf(caller: Caller | string) {
  if (typeof caller === 'string') return { id: caller, share: shareOfUser };
  return {
    id: caller.userId,
    share: hasRole(caller, 'service', 'admin') ? shareOfService : shareOfUser,
  };
}
