import type { Outcome, SalesEnd, SettledOutcome, VoidReason } from '#contracts';

/** What has become of the show of a funding goal. */
export type ShowState =
  /** None was asked for, or the one that was could not be created. */
  | 'none'
  /** It is accepted and not bound yet. */
  | 'accepted'
  /** It is bound and goes on. */
  | 'on'
  /** It has ended and was delivered. */
  | 'delivered'
  /** It has ended otherwise. */
  | 'not_delivered';

/** All that decides what becomes of the money of a funding goal. */
export interface FundingFacts {
  outcome: Outcome;
  /** Whether its minimum_level is reached. */
  isReached: boolean;
  exp: Date | null;
  /** Null while the countdown runs. */
  settleBy: Date | null;
  /** Whether it was cancelled by itself, not with its session. */
  isCancelled: boolean;
  sessionEnded: boolean;
  show: ShowState;
  /** Whether goalpost starts the show when the countdown ends. */
  startsItself: boolean;
}

/** What is to be done with a funding goal next. */
export type FundingStep =
  | { step: 'end-countdown'; outcome: 'funded' | 'underfunded' }
  | { step: 'start-show' }
  | { step: 'settle'; outcome: 'delivered'; void_reason: null }
  | { step: 'settle'; outcome: 'void'; void_reason: VoidReason };

/** Whether nothing changes an outcome any more. */
export const isSettled = (outcome: Outcome): outcome is SettledOutcome =>
  outcome === 'delivered' || outcome === 'void';

/** Whether a funding goal waits for no show any more. */
export const isFundingOver = ({
  outcome = 'open',
  status,
}: {
  outcome?: Outcome;
  status?: string;
}): boolean => isSettled(outcome) || status === 'cancelled';

/**
 * THE TABLE OF OUTCOMES: the step that is due, or undefined if there is none for now. Its result depends on the facts alone,
 * so that whoever asks, however often and in whatever order, comes to the same end.
 */
export function nextStep(facts: FundingFacts, now: Date): FundingStep | undefined {
  const { outcome, isReached, exp, settleBy, isCancelled, sessionEnded, show, startsItself } = facts;
  if (isSettled(outcome)) return undefined;
  if (show === 'delivered') return { step: 'settle', outcome: 'delivered', void_reason: null };
  if (show === 'not_delivered') return settleAsVoid('not_delivered');
  if (show === 'none' && isCancelled) return settleAsVoid('cancelled');
  if (show === 'none' && sessionEnded) return settleAsVoid('session_ended');
  if (outcome === 'open')
    return show === 'on' || (exp !== null && exp <= now)
      ? { step: 'end-countdown', outcome: isReached ? 'funded' : 'underfunded' }
      : undefined;
  if (show !== 'none') return undefined;
  if (settleBy !== null && settleBy <= now)
    return settleAsVoid(outcome === 'funded' ? 'not_started' : 'underfunded');
  return outcome === 'funded' && startsItself ? { step: 'start-show' } : undefined;
}

const settleAsVoid = (void_reason: VoidReason): FundingStep => ({
  step: 'settle',
  outcome: 'void',
  void_reason,
});

/** What decides whether a funding goal sells tickets. */
export interface SalesFacts {
  outcome: Outcome;
  isReached: boolean;
  exp: Date | null;
  salesUntil: SalesEnd;
  /** Whether a show is bound to it. */
  hasShow: boolean;
}

/** How a ticket that is bought now counts: towards the goal, as a late ticket, or not at all. */
export function salesAt(facts: SalesFacts, now: Date): 'counting' | 'late' | 'closed' {
  const { outcome, isReached, exp, salesUntil, hasShow } = facts;
  const isPastExp = exp !== null && exp <= now;
  if (outcome === 'open' && !isPastExp) return 'counting';
  if (isSettled(outcome) || (salesUntil === 'exp' && isPastExp)) return 'closed';
  // The countdown has ended; who has to note that may be late, so an open goal is judged as it will be.
  const isFunded = outcome === 'open' ? isReached : outcome === 'funded';
  return isFunded || hasShow ? 'late' : 'closed';
}
