import type { Contributed, Correction, GoalLevel, Outcome, SalesEnd } from '#contracts';
import { isSettled, salesAt } from './outcome.js';
import type { GoalWindow, GoalState } from './rules.js';

/** The part of a goal that contributions change, and what decides whether it takes them. */
export interface Progress extends GoalWindow {
  state: GoalState;
  levels: GoalLevel[];
  progress: number;
  level: number;
  /** The highest level that it has ever had. */
  peakLevel: number;
  /** Whether its progress is time, so that it takes no contributions. */
  measuresTime?: boolean;
  /** Of a ShowFundingGoal alone. */
  funding?: FundingSales;
}

/** What decides whether a funding goal sells tickets, and what it has sold after its countdown. */
export interface FundingSales {
  outcome: Outcome;
  minimumLevel: number;
  salesUntil: SalesEnd;
  hasShow: boolean;
  lateTickets: number;
}

/** What a contribution is to the count: which payment, from whom and how much. */
export interface Payment {
  source_id: string;
  user_id: string;
  amount: number;
}

/** The wish that a source count nothing any more, whether it has been paid or will be. */
export interface Voiding {
  source_id: string;
  void_reason: string | null;
}

/** A source that a goal has seen; one that was voided before it was paid has no user. */
export interface Source {
  source_id: string;
  user_id?: string;
  amount: number;
  late?: boolean;
  voided_at?: Date;
}

/** What counting adds to a payment. */
interface Fate {
  late?: boolean;
  voided_at?: Date;
  void_reason?: string;
}

/** A source that was voided before it was paid. */
type Tombstone = Fate & { source_id: string; amount: 0; tombstone: true };

/** A source that was known and is voided now. */
type Voided<S> = S & Fate & { voided_at: Date };

/** Why a contribution is not counted, or not voided. */
export type Refusal =
  | 'unknown_class'
  | 'measures_time'
  | 'session_ended'
  | 'not_active'
  | 'outside_window'
  | 'sales_closed'
  | 'source_id_reused'
  | 'already_settled';

/** What became of one payment or voiding: how far the goal is with it, whether it is new, or why it is refused. */
export type CountOutcome = (Omit<Contributed, 'goal_id'> & { isNew: boolean }) | { refused: Refusal };

/** What the moment of counting decides beside the goal itself. */
export interface CountingMoment {
  now: Date;
  sessionEnded: boolean;
  /** Whether the goal is of a class that this release does not know, so that it cannot say what a payment is for. */
  classUnknown?: boolean;
}

/** What is to be stored after counting. */
export interface Counted<P extends Payment, S extends Source> {
  outcomes: CountOutcome[];
  /** New sources, those that were voided at once among them. */
  added: ((P & Fate) | Tombstone)[];
  /** Sources that were known and are voided now. */
  voided: Voided<S>[];
  /** The payments among the entries whose sources count in the end, new or known. */
  valid: P[];
  corrections: Correction[];
  after: Progress;
}

/**
 * Counts payments and voids them, one after the other. A source that is known counts no more, also when it is known from this
 * very call: it is answered if user and amount are the same, whatever became of the goal since, and refused if they are not.
 * One that was voided before it was paid is answered whatever it is. The payment that reaches the last level completes the
 * goal, which takes more up to its exp and stays completed, also when a voiding takes the level back.
 */
export function count<P extends Payment, S extends Source>(
  goal: Progress,
  entries: (P | Voiding)[],
  known: ReadonlyMap<string, S>,
  moment: CountingMoment,
): Counted<P, S> {
  const after = { ...goal, ...(goal.funding && { funding: { ...goal.funding } }) };
  const added = new Map<string, (P & Fate) | Tombstone>();
  const voided = new Map<string, Voided<S>>();
  const corrections: Correction[] = [];
  const seen = (source_id: string): Source | undefined =>
    added.get(source_id) ?? voided.get(source_id) ?? known.get(source_id);
  const outcome = (isNew: boolean, late = false): CountOutcome => ({
    isNew,
    progress: after.progress,
    level: after.level,
    late,
  });

  const pay = (payment: P): CountOutcome => {
    const before = seen(payment.source_id);
    if (before) return isSame(before, payment) ? outcome(false, before.late) : refuse('source_id_reused');
    const sale = saleOf(after, moment);
    if (typeof sale === 'object') return sale;
    const late = sale === 'late';
    added.set(payment.source_id, { ...payment, ...(late && { late }) });
    add(after, payment.amount, late);
    after.peakLevel = Math.max(after.peakLevel, after.level);
    if (!late && after.level > 0 && after.level === after.levels.length) after.state = 'completed';
    return outcome(true, late);
  };

  const takeBack = ({ source_id, void_reason: reason }: Voiding): CountOutcome => {
    const before = seen(source_id);
    if (before?.voided_at) return outcome(false, before.late);
    const refused = refusalOfVoiding(after, before, moment);
    if (refused) return refuse(refused);
    const fate = { voided_at: moment.now, ...(reason !== null && { void_reason: reason }) };
    const [ofThisCall, ofBefore] = [added.get(source_id), known.get(source_id)];
    if (ofThisCall) added.set(source_id, { ...ofThisCall, ...fate });
    else if (ofBefore) voided.set(source_id, { ...ofBefore, ...fate });
    else added.set(source_id, { source_id, amount: 0, tombstone: true, ...fate });
    const delta = before ? -before.amount : 0;
    add(after, delta, before?.late);
    corrections.push({ source_id, delta, reason });
    return outcome(true, before?.late);
  };

  const outcomes = entries.map((entry) => (isVoiding(entry) ? takeBack(entry) : pay(entry)));
  const valid = entries.filter(
    (entry, index): entry is P =>
      !isVoiding(entry) && 'isNew' in outcomes[index]! && !seen(entry.source_id)?.voided_at,
  );
  return { outcomes, added: [...added.values()], voided: [...voided.values()], valid, corrections, after };
}

/** Whether a source is to be voided, not paid. */
export function isVoiding(entry: Payment | Voiding): entry is Voiding {
  return 'void_reason' in entry;
}

const refuse = (refused: Refusal) => ({ refused });

/** A source that was voided before it was paid says nothing of its user and amount. */
function isSame(source: Source, { user_id, amount }: Payment): boolean {
  return source.user_id === undefined || (source.user_id === user_id && source.amount === amount);
}

/** Changes what is counted by an amount, which is negative where something is voided. */
function add(goal: Progress, amount: number, late = false): void {
  if (late && goal.funding) goal.funding.lateTickets += amount;
  else {
    goal.progress += amount;
    goal.level = goal.levels.filter(({ target }) => goal.progress >= target).length;
  }
}

/** How a payment counts that comes now, or why it does not. */
function saleOf(
  { state, nbf, exp, level, measuresTime, funding }: Progress,
  { now, sessionEnded, classUnknown }: CountingMoment,
): 'counting' | 'late' | { refused: Refusal } {
  if (classUnknown) return refuse('unknown_class');
  if (measuresTime) return refuse('measures_time');
  if (sessionEnded) return refuse('session_ended');
  if (state === 'scheduled' || state === 'cancelled') return refuse('not_active');
  if (now < nbf) return refuse('outside_window');
  const isTaking = state === 'active' || state === 'completed';
  if (!funding) {
    if (!isTaking) return refuse('not_active');
    return exp === null || now < exp ? 'counting' : refuse('outside_window');
  }
  const sales = salesAt({ ...funding, isReached: level >= funding.minimumLevel, exp }, now);
  if (sales === 'closed') return refuse('sales_closed');
  // One that an older writer has closed before its exp does not say how it ended.
  return sales === 'late' || isTaking ? sales : refuse('not_active');
}

function refusalOfVoiding(
  { measuresTime, funding }: Progress,
  source: Source | undefined,
  { classUnknown }: CountingMoment,
): Refusal | undefined {
  if (classUnknown) return 'unknown_class';
  if (measuresTime && !source) return 'measures_time';
  return funding && isSettled(funding.outcome) ? 'already_settled' : undefined;
}
