import type { GoalStatus } from '#contracts';

/** States that a stored goal goes through: scheduled -> active -> completed | expired | cancelled. */
export type GoalState = Exclude<GoalStatus, 'pending' | 'failed'>;

/** Steps of a goal's life. */
export type Transition = 'activate' | 'complete' | 'expire' | 'cancel';

const machine: Record<Transition, { from: GoalState[]; to: GoalState }> = {
  activate: { from: ['scheduled'], to: 'active' },
  complete: { from: ['active'], to: 'completed' },
  expire: { from: ['active'], to: 'expired' },
  cancel: { from: ['scheduled', 'active'], to: 'cancelled' },
};

/** The state after a step, or undefined if the state does not allow it. */
export function after(state: GoalState, transition: Transition): GoalState | undefined {
  const { from, to } = machine[transition];
  return from.includes(state) ? to : undefined;
}

/** Whether a goal is over: nothing changes its state any more. */
export function isOver(state: GoalState): boolean {
  return state !== 'scheduled' && state !== 'active';
}

/** The part of a stored goal that says where in its life it is. */
export interface Lifespan {
  active?: boolean;
  status?: GoalState;
  exp?: Date | null;
}

/** The state of a stored goal; one of an older writer has none, but says whether it is active. */
export function stateOf({ status, active }: Lifespan): GoalState {
  return status ?? (active === false ? 'completed' : 'active');
}

/** Whether a goal is not over and its window has not closed. */
export function isOpen(goal: Lifespan, now: Date): boolean {
  return !isOver(stateOf(goal)) && !(goal.exp && goal.exp <= now);
}
