import type { Contributed, GoalLevel } from '#contracts';
import type { GoalWindow, GoalState } from './rules.js';

/** The part of a goal that contributions change, and what decides whether it takes them. */
export interface Progress extends GoalWindow {
  state: GoalState;
  levels: GoalLevel[];
  progress: number;
  level: number;
  /** The highest level that it has ever had. */
  peakLevel: number;
}

/** What a contribution is to the count: which payment, from whom and how much. */
export interface Payment {
  source_id: string;
  user_id: string;
  amount: number;
}

/** Why a contribution is not counted. */
export type Refusal =
  'unknown_class' | 'not_active' | 'outside_window' | 'session_ended' | 'source_id_reused';

/** What became of one payment: how far the goal is with it, whether it is new, or why it is refused. */
export type PaymentOutcome = (Omit<Contributed, 'goal_id'> & { isNew: boolean }) | { refused: Refusal };

/** What the moment of counting decides beside the goal itself. */
export interface CountingMoment {
  now: Date;
  sessionEnded: boolean;
  /** Whether the goal is of a class that this release does not know, so that it cannot say what a payment is for. */
  classUnknown?: boolean;
}

/**
 * Counts payments one after the other. A source that is known counts no more, also when it is known from this very call: it
 * is answered if user and amount are the same, whatever became of the goal since, and refused if they are not. The
 * payment that reaches the last level completes the goal, which takes more up to its exp and stays completed.
 */
export function count<P extends Payment>(
  goal: Progress,
  payments: P[],
  known: ReadonlyMap<string, Payment>,
  moment: CountingMoment,
): { outcomes: PaymentOutcome[]; counted: P[]; after: Progress } {
  const after = { ...goal };
  const sources = new Map(known);
  const counted: P[] = [];
  const outcomes = payments.map((payment): PaymentOutcome => {
    const before = sources.get(payment.source_id);
    if (before && !isSame(before, payment)) return { refused: 'source_id_reused' };
    if (!before) {
      const refused = refusal(after, moment);
      if (refused) return { refused };
      sources.set(payment.source_id, payment);
      counted.push(payment);
      after.progress += payment.amount;
      after.level = after.levels.filter(({ target }) => after.progress >= target).length;
      after.peakLevel = Math.max(after.peakLevel, after.level);
      if (after.level > 0 && after.level === after.levels.length) after.state = 'completed';
    }
    return { isNew: !before, progress: after.progress, level: after.level, late: false };
  });
  return { outcomes, counted, after };
}

function isSame(one: Payment, other: Payment): boolean {
  return one.user_id === other.user_id && one.amount === other.amount;
}

function refusal(
  { state, nbf, exp }: Progress,
  { now, sessionEnded, classUnknown }: CountingMoment,
): Refusal | undefined {
  if (classUnknown) return 'unknown_class';
  if (sessionEnded) return 'session_ended';
  if (state !== 'active' && state !== 'completed') return 'not_active';
  return nbf <= now && (exp === null || now < exp) ? undefined : 'outside_window';
}
