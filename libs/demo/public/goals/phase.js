/** Whether it is decided for good what becomes of the tickets of a funding goal. */
export const isSettled = ({ outcome }) => outcome === 'delivered' || outcome === 'void';

/** Whether a funding goal takes tickets: while its countdown runs, and on while its show is still to come or is on. */
export function isOnSale({ status, outcome, sales_until: salesUntil, context }) {
  if (outcome === 'open') return status === 'active' || status === 'completed';
  const hasShow = context.show_goal_id !== undefined && context.show_goal_id !== null;
  return salesUntil !== 'exp' && (outcome === 'funded' || (outcome === 'underfunded' && hasShow));
}

/** Whether nothing more happens to a goal that is no funding goal. A show can go on though its last level is reached. */
export const hasEnded = ({ goal_type: type, status, delivered }) =>
  ['expired', 'cancelled', 'failed'].includes(status) ||
  (status === 'completed' && type !== 'show') ||
  (delivered !== null && delivered !== undefined);

/** Whether the streamer can still call a goal off. The tickets of one whose show is on are settled by that show. */
export function canBeCancelled(goal) {
  if (goal.goal_type === 'show_funding') return !isSettled(goal) && !goal.context.show_goal_id;
  return !hasEnded(goal);
}

/** The phase of a goal as text, and the time that its countdown ends at. */
export function phaseOf(goal, now) {
  if (goal.goal_type === 'show_funding' && goal.outcome !== 'open') return fundingPhase(goal);
  if (goal.goal_type === 'show' && hasEnded(goal))
    return { text: goal.delivered ? 'The show was delivered' : 'The show is over' };
  const { status, nbf, exp } = goal;
  const opens = Date.parse(nbf);
  const closes = exp === null ? undefined : Date.parse(exp);
  if (status === 'scheduled') return opens > now ? { text: 'Opens in', at: opens } : { text: 'Opening' };
  const isOpen = status === 'active' || (status === 'completed' && goal.completed_at);
  if (!isOpen) return { text: '' };
  if (closes === undefined) return { text: goal.performance ? onStage(goal) : 'Open until the stream ends' };
  const closing = goal.performance ? onStage(goal) + ', ends in' : 'Closes in';
  return closes > now ? { text: closing, at: closes } : { text: 'Closing' };
}

const onStage = ({ performance }) => (performance === 'live' ? 'On stage' : 'Paused');

const voided = {
  cancelled: 'it was cancelled',
  session_ended: 'the stream ended',
  not_started: 'there was no show',
  underfunded: 'too few tickets were sold',
  not_delivered: 'the show was not delivered',
};

/** Why the tickets of a void goal are given back, as half a sentence. */
export const reasonOf = ({ void_reason: reason }) => voided[reason] ?? reason;

function fundingPhase(goal) {
  const { outcome, context, settle_by: settleBy } = goal;
  if (outcome === 'delivered') return { text: 'Delivered: all tickets are charged' };
  if (outcome === 'void') return { text: `All tickets are given back: ${reasonOf(goal)}` };
  if (context.show_goal_id) return { text: 'The show is on; late tickets are sold' };
  const text = outcome === 'funded' ? 'Funded; the show has to begin in' : 'Too few tickets; void in';
  return settleBy ? { text, at: Date.parse(settleBy) } : { text };
}
