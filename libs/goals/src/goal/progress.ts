import type { Contributed, GoalLevel } from '#contracts';
import type { GoalWindow } from './window.js';
import { type GoalState } from './state.js';

/** The part of a goal that contributions change, and what decides whether it takes them. */
export interface Progress extends GoalWindow {
  state: GoalState;
  levels: GoalLevel[];
  progress: number;
  level: number;
}

/** What a contribution is to the count: which payment, and how much. */
export interface Payment {
  source_id: string;
  amount: number;
}

/** Why a goal takes no contribution. */
export type Refusal = 'not_active' | 'outside_window';

/** What became of one payment: how far the goal is with it, whether it is new, or why it is refused. */
export type PaymentOutcome = (Omit<Contributed, 'goal_id'> & { isNew: boolean }) | { refused: Refusal };

/**
 * Counts payments one after the other. A source that is known counts no more, also when it is known from this very call;
 * the payment that reaches the last level completes the goal, which takes none after it.
 */
export function count<P extends Payment>(
  goal: Progress,
  payments: P[],
  known: ReadonlySet<string>,
  now: Date,
): { outcomes: PaymentOutcome[]; counted: P[]; after: Progress } {
  const after = { ...goal };
  const sources = new Set(known);
  const counted: P[] = [];
  const outcomes = payments.map((payment): PaymentOutcome => {
    const isNew = !sources.has(payment.source_id);
    if (isNew) {
      const refused = refusal(after, now);
      if (refused) return { refused };
      sources.add(payment.source_id);
      counted.push(payment);
      after.progress += payment.amount;
      after.level = after.levels.filter(({ target }) => after.progress >= target).length;
      if (after.level > 0 && after.level === after.levels.length) after.state = 'completed';
    }
    return { isNew, progress: after.progress, level: after.level };
  });
  return { outcomes, counted, after };
}

function refusal({ state, nbf, exp }: Progress, now: Date): Refusal | undefined {
  if (state !== 'active') return 'not_active';
  return nbf <= now && (exp === null || now < exp) ? undefined : 'outside_window';
}
