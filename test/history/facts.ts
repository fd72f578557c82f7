import type { Call, Document, History } from './history.js';

const settledOutcomes = new Set<unknown>(['delivered', 'void']);

/** Calls of an operation that were answered with one of these statuses. */
export function answered(history: History, operation: RegExp, ...statuses: number[]): Call[] {
  return history.callsOf(operation).filter(({ status }) => statuses.includes(status as number));
}

export const isSuccess = ({ status }: Call) => typeof status === 'number' && status < 300;

/** The id of the goal or session in a path. */
export const idIn = (path: string) => path.split('/')[2]!;

/** Names a contribution by its goal and source. */
export const sourceOf = ({ goal_id, source_id }: Document) => `${String(goal_id)} ${String(source_id)}`;

export const listOf = (value: unknown) => (Array.isArray(value) ? (value as Document[]) : []);

export const isSame = (one: unknown, other: unknown) =>
  JSON.stringify(one ?? null) === JSON.stringify(other ?? null);

export const total = (contributions: Document[]) =>
  contributions.reduce((sum, { amount }) => sum + Number(amount), 0);

/** Whether a goal stands in its session, and a show in its funding goal. */
export function isBound(history: History, goalId: string): boolean {
  const goal = history.last('goal', goalId) as
    { _cls: string; conditions: { session_id: string }; context: { funding_goal_id?: string } } | undefined;
  if (!goal) return false;
  const pairs = listOf(history.last('session', goal.conditions.session_id)?.show_goal_pairs);
  if (goal._cls !== 'ShowGoal') return pairs.some(({ funding_goal }) => funding_goal === goalId);
  const funding = history.last('goal', goal.context.funding_goal_id!) as
    { context: { show_goal_id?: string } } | undefined;
  return pairs.some(({ show_goal }) => show_goal === goalId) && funding?.context.show_goal_id === goalId;
}

/** Whether it is decided for good what becomes of the tickets of a funding goal, or of those of a show's funding goal. */
export function isSettled(history: History, goal: Document | undefined): boolean {
  const { funding_goal_id } = (goal?.context ?? {}) as { funding_goal_id?: string };
  const funding = goal?._cls === 'ShowGoal' ? history.last('goal', funding_goal_id ?? '') : goal;
  return settledOutcomes.has(funding?.outcome) && funding?.settlement !== undefined;
}

/** What each goal counted after each change of that, and what was stored for it by then. */
export function progressOf(
  history: History,
): { goalId: string; order: number; counted: number; sum: number }[] {
  const changes = [
    ...history.documents('goal_contribution').flatMap(({ states }) =>
      states.map(({ order, document }, index) => {
        const worth = (of?: Document) => (of && of.voided_at === undefined ? Number(of.amount) : 0);
        const goalId = String(document?.goal_id);
        return { order, goalId, paid: worth(document) - worth(states[index - 1]?.document), goal: undefined };
      }),
    ),
    ...history
      .documents('goal')
      .flatMap(({ id, states }) =>
        states.map(({ order, document }) => ({ order, goalId: id, paid: 0, goal: document })),
      ),
  ].toSorted((a, b) => a.order - b.order);
  const sums = new Map<string, { sum: number; counted: number }>();
  return changes.flatMap(({ order, goalId, paid, goal }) => {
    const so = sums.get(goalId) ?? { sum: 0, counted: 0 };
    sums.set(goalId, so);
    so.sum += paid;
    if (!goal || (goal._cls === 'ShowGoal' && goal.unit === 'seconds')) return [];
    const counted = Number(goal.progress ?? 0) + Number(goal.late_tickets ?? 0);
    // Other fields of a goal change while a payment is on its way; both are one transaction.
    if (counted === so.counted) return [];
    so.counted = counted;
    return [{ goalId, order, counted, sum: so.sum }];
  });
}

/** Of each read, the version that it saw, and the highest that a read had seen which ended before it began. */
export function readsInOrder(calls: Call[]): { at: number; version: number; seen: number }[] {
  const byEnd = calls.toSorted((a, b) => a.to - b.to);
  let next = 0;
  let seen = -1;
  return calls
    .toSorted((a, b) => a.from - b.from)
    .map(({ at, from, answer }) => {
      while (byEnd[next] && byEnd[next]!.to < from)
        seen = Math.max(seen, Number(byEnd[next++]!.answer.version));
      return { at, version: Number(answer.version), seen };
    });
}

/** How often there is each thing. */
export function tally(things: string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const thing of things) counts.set(thing, (counts.get(thing) ?? 0) + 1);
  return counts;
}

/** The first moment of each id. */
export function earliest(moments: [string, number][]): Map<string, number> {
  const first = new Map<string, number>();
  for (const [id, at] of moments) first.set(id, Math.min(at, first.get(id) ?? Infinity));
  return first;
}
