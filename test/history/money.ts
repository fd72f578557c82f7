import type { Call, History } from './history.js';

/** An answer about access beside what the payments of that user allow. */
export interface AccessAnswer {
  who: string;
  allowed: boolean;
  expected: boolean;
}

/** When something may have begun to be so, and since when it surely is. */
interface Change {
  from: number;
  to: number;
}

/** A payment of one source: when it may have counted, and when it may have been voided. */
interface Ticket {
  paid: Change;
  voided?: Change;
}

/**
 * Each answer about access of which it is sure what it should be: nothing that decides it was on its way meanwhile.
 */
export function accessByMoney(history: History): AccessAnswer[] {
  const tickets = ticketsOf(history);
  const ends = endsOf(history);
  return history.callsOf(/^GET \/goals\/\w+\/access\/\w+$/).flatMap((call) => {
    if (call.status !== 200) return [];
    const [, , goalId = '', , userId = ''] = call.path.split('/');
    const { conditions } = (history.last('goal', goalId) ?? {}) as { conditions?: { session_id: string } };
    const expected = mayWatch(
      call,
      tickets.get(`${goalId} ${userId}`) ?? [],
      [ends.get(goalId), ends.get(conditions?.session_id ?? '')].filter((end) => end !== undefined),
    );
    if (expected === undefined) return [];
    return [{ who: `${userId} asking for goal ${goalId}`, allowed: call.answer.allowed === true, expected }];
  });
}

/** Undefined if it depends on what was on its way while the answer was made. */
function mayWatch({ from, to }: Call, tickets: Ticket[], ends: Change[]): boolean | undefined {
  if (ends.some((end) => end.to < from)) return false;
  const counts = tickets.map(({ paid, voided }) => {
    const isPaid = whether(paid, from, to);
    const isVoided = voided ? whether(voided, from, to) : false;
    if (isPaid === false || isVoided === true) return false;
    return isPaid === true && isVoided === false ? true : undefined;
  });
  const isOpen = ends.every((end) => end.from > to);
  if (counts.every((one) => one === false)) return false;
  return isOpen && counts.includes(true) ? true : undefined;
}

/** Whether a change had happened for a call; undefined if it may or may not. */
function whether(change: Change, from: number, to: number): boolean | undefined {
  if (change.to < from) return true;
  return change.from > to ? false : undefined;
}

/** The tickets by goal and user. */
function ticketsOf(history: History): Map<string, Ticket[]> {
  const bySource = new Map<string, Ticket & { owner: string }>();
  for (const call of history.callsOf(/^POST \/goals\/\w+\/contributions$/)) {
    const goalId = call.path.split('/')[2]!;
    const source = `${goalId} ${String(call.body?.source_id)}`;
    const ticket = bySource.get(source) ?? {
      owner: `${goalId} ${String(call.body?.user_id)}`,
      paid: { from: call.from, to: Infinity },
    };
    bySource.set(source, ticket);
    if (call.status === 200 || call.status === 201) ticket.paid.to = Math.min(ticket.paid.to, call.to);
  }
  for (const call of history.callsOf(/^POST \/goals\/\w+\/contributions\/[^/]+\/void$/)) {
    const [, , goalId, , source] = call.path.split('/');
    const ticket = bySource.get(`${goalId} ${source}`);
    if (ticket) ticket.voided = earlier(ticket.voided, call);
  }
  const byOwner = new Map<string, Ticket[]>();
  for (const { owner, ...ticket } of bySource.values())
    byOwner.set(owner, [...(byOwner.get(owner) ?? []), ticket]);
  return byOwner;
}

/** When goals were cancelled and sessions ended, by their ids. */
function endsOf(history: History): Map<string, Change> {
  const ends = new Map<string, Change>();
  for (const call of history.callsOf(/^(DELETE \/goals\/\w+|POST \/sessions\/\w+\/end)$/)) {
    const id = call.path.split('/')[2]!;
    ends.set(id, earlier(ends.get(id), call));
  }
  return ends;
}

/** With another try of the same request: it may be done since the first began, and is since the first success. */
function earlier(known: Change | undefined, { from, to, status }: Call): Change {
  const doneAt = status === 200 ? to : Infinity;
  return { from: Math.min(from, known?.from ?? Infinity), to: Math.min(doneAt, known?.to ?? Infinity) };
}
