import type { Call, Document, History } from './history.js';
import {
  answered,
  earliest,
  idIn,
  isBound,
  isSame,
  isSettled,
  isSuccess,
  listOf,
  progressOf,
  readsInOrder,
  sourceOf,
  tally,
  total,
} from './facts.js';
import { accessByMoney } from './money.js';

/** What a rule found: how often there was something to judge, and what broke it. */
export class Verdict {
  judged = 0;
  readonly faults: string[] = [];

  /** Judges one thing; the sentence says what is wrong if it does not hold. */
  expect(holds: boolean, fault: string): void {
    this.judged++;
    if (!holds) this.faults.push(fault);
  }
}

/** A promise that holds in every history, once all is settled. */
export interface Rule {
  name: string;
  promise: string;
  judge(history: History, verdict: Verdict): void;
}

const creates = /^POST \/goals\?/;
const payments = /^POST \/goals\/\w+\/contributions$/;
const voids = /^POST \/goals\/\w+\/contributions\/[^/]+\/void$/;
const reads = /^GET \/goals\/\w+$/;
const ends = /^POST \/sessions\/\w+\/end$/;
const finishes = /^POST \/goals\/\w+\/finish$/;
const cancels = /^DELETE \/goals\/\w+$/;
const settlements = /^GET \/goals\/\w+\/settlement$/;

/** Events that happen to a goal at most once. */
const onceEvents = new Set([
  'goal.created',
  'goal.added',
  'goal.activated',
  'goal.funded',
  'goal.completed',
  'goal.expired',
  'goal.cancelled',
  'goal.settled',
]);

/** What nothing changes once a funding goal is settled. */
const settledFields = ['outcome', 'void_reason', 'settled_at', 'progress', 'late_tickets', 'settlement'];

/** THE RULES: what goalpost promises, as what may and must be seen from outside and in its collections. */
export const rules: Rule[] = [
  {
    name: 'accepted',
    promise: 'What was answered as accepted or done is bound and shown, or failed visibly, or settled.',
    judge(history, verdict) {
      const fed = new Set(history.documents('livestream_feed').map(({ last }) => String(last?.goal)));
      const shown = new Set(
        history.pushes.filter(({ name }) => name === 'goal.added').map(({ data }) => String(data.goal_id)),
      );
      const failed = new Set(
        history.documents('goal_request').flatMap(({ last }) => (last?.failed ? [String(last.goal_id)] : [])),
      );
      for (const goalId of new Set(
        answered(history, creates, 202).map(({ answer }) => String(answer.goal_id)),
      )) {
        const goal = history.last('goal', goalId);
        const isWhole = isBound(history, goalId) && fed.has(goalId) && shown.has(goalId);
        const isFailed = failed.has(goalId) || listOf(goal?.failures).length > 0;
        verdict.expect(
          isWhole || isFailed || isSettled(history, goal),
          `goal ${goalId} was accepted and is neither bound and shown, nor failed, nor settled`,
        );
      }
      for (const { path } of answered(history, ends, 200)) {
        const session = history.last('session', idIn(path));
        const isOver = session?.active === false && session.closed_at !== undefined;
        verdict.expect(isOver, `session ${idIn(path)} was ended and is not closed`);
      }
      for (const { path } of [...answered(history, finishes, 200), ...answered(history, cancels, 200)]) {
        const goal = history.last('goal', idIn(path));
        verdict.expect(
          isSettled(history, goal),
          `goal ${idIn(path)} was ended and its tickets are not settled`,
        );
      }
    },
  },
  {
    name: 'sums',
    promise:
      'A goal counts what was paid for it and not voided: each payment that was acknowledged, and no other.',
    judge(history, verdict) {
      const asked = new Map<string, number>();
      for (const { path, body } of history.callsOf(payments))
        asked.set(`${idIn(path)} ${String(body?.source_id)}`, Number(body?.amount));
      const stored = new Map<string, Document>();
      for (const { last } of history.documents('goal_contribution'))
        if (last) stored.set(sourceOf(last), last);
      for (const [source, { amount, tombstone }] of stored)
        verdict.expect(
          tombstone === true || asked.get(source) === Number(amount),
          `contribution ${source} of ${String(amount)} is stored, asked was ${asked.get(source) ?? 'none'}`,
        );
      for (const call of answered(history, payments, 200, 201)) {
        const source = `${idIn(call.path)} ${String(call.body?.source_id)}`;
        verdict.expect(stored.has(source), `contribution ${source} was acknowledged and is not stored`);
      }
      for (const { path } of answered(history, voids, 200)) {
        const [, , goalId, , source] = path.split('/');
        const contribution = stored.get(`${goalId} ${source}`);
        verdict.expect(
          contribution?.voided_at !== undefined || contribution?.tombstone === true,
          `contribution ${goalId} ${source} was voided and still counts`,
        );
      }
      for (const { goalId, order, counted, sum } of progressOf(history))
        verdict.expect(
          counted === sum,
          `goal ${goalId} counts ${counted}, and ${sum} is stored (change ${order})`,
        );
      for (const { id, last } of history.documents('goal')) {
        const { settlement } = (last ?? {}) as { settlement?: { tickets: number; total: number } };
        if (!settlement) continue;
        const counting = [...stored.values()].filter(
          ({ goal_id, voided_at }) => goal_id === id && voided_at === undefined,
        );
        verdict.expect(
          settlement.tickets === counting.length && settlement.total === total(counting),
          `goal ${id} is settled as ${JSON.stringify(settlement)}, stored are ${counting.length} of ${total(counting)}`,
        );
      }
      for (const { path, answer } of answered(history, settlements, 200)) {
        const { settlement } = (history.last('goal', idIn(path)) ?? {}) as { settlement?: { total: number } };
        verdict.expect(
          answer.total === settlement?.total,
          `the settlement of goal ${idIn(path)} was answered as ${String(answer.total)}, not ${settlement?.total}`,
        );
      }
    },
  },
  {
    name: 'once',
    promise: 'Each effect is there once, however often its request or job came.',
    judge(history, verdict) {
      const unique = (things: string[], what: string) => {
        for (const [thing, count] of tally(things)) verdict.expect(count === 1, `${count} ${what} ${thing}`);
      };
      const all = (collection: string) =>
        history.documents(collection).flatMap(({ last }) => (last ? [last] : []));
      unique(all('goal_contribution').map(sourceOf), 'contributions');
      unique(
        all('livestream_feed').map(({ type, goal }) => `${String(type)} of ${String(goal)}`),
        'feed entries',
      );
      unique(
        all('analytics_event')
          .filter(({ event }) => onceEvents.has(String(event)))
          .map(({ event, goal_id }) => `${String(event)} of ${String(goal_id)}`),
        'analytics events',
      );
      unique(
        all('goal')
          .filter(({ _cls, released }) => _cls === 'ShowGoal' && released !== true)
          .map(({ context }) => `funding goal ${String((context as Document).funding_goal_id)}`),
        'shows of',
      );
      unique(
        all('session').flatMap(({ show_goal_pairs }) =>
          listOf(show_goal_pairs).flatMap(({ show_goal }) =>
            typeof show_goal === 'string' ? [show_goal] : [],
          ),
        ),
        'pairs with show',
      );
      const told = [
        ...history.pushes.map(({ name, data }) => ({ type: name, goalId: data.goal_id, id: data.event_id })),
        ...history.messages.map(({ event }) => ({
          type: event.type,
          goalId: event.data.goal_id,
          id: event.event_id,
        })),
      ].filter(({ type }) => onceEvents.has(type));
      const events = new Set(
        told.map(({ type, goalId, id }) => `${type} of ${String(goalId)}|${String(id)}`),
      );
      unique(
        [...events].map((event) => event.split('|')[0]!),
        'event ids of',
      );
      unique(
        answered(history, payments, 201).map(({ path, body }) => `${idIn(path)} ${String(body?.source_id)}`),
        'answers 201 to payment',
      );
      const answers = new Map<string, Set<string>>();
      for (const call of history.callsOf(/^POST /)) {
        const id = call.answer.goal_id ?? call.answer.session_id;
        if (!call.key || !isSuccess(call) || typeof id !== 'string') continue;
        const key = `${call.user} ${call.key}`;
        answers.set(key, (answers.get(key) ?? new Set<string>()).add(id));
      }
      for (const [key, ids] of answers)
        verdict.expect(ids.size === 1, `the key ${key} was answered with ${[...ids].join(' and ')}`);
    },
  },
  {
    name: 'never after',
    promise: 'What is settled or over does not change, and what was accepted never disappears.',
    judge(history, verdict) {
      for (const { id, states } of history.documents('goal')) {
        const settledAt = states.findIndex(({ document }) => document?.settlement !== undefined);
        for (const { document } of settledAt < 0 ? [] : states.slice(settledAt + 1)) {
          const changed = settledFields.filter(
            (field) => !isSame(document?.[field], states[settledAt]!.document?.[field]),
          );
          verdict.expect(
            changed.length === 0,
            `goal ${id} was settled, and then its ${changed.join()} changed`,
          );
        }
        const cancelledAt = states.findIndex(({ document }) => document?.status === 'cancelled');
        for (const { document } of cancelledAt < 0 ? [] : states.slice(cancelledAt + 1))
          verdict.expect(
            document?.status === 'cancelled',
            `goal ${id} was cancelled and is ${String(document?.status)}`,
          );
      }
      const sessionEnds = new Map<string, number>();
      for (const { id, states } of history.documents('session')) {
        const end = states.find(({ document }) => document?.active === false);
        if (end) sessionEnds.set(id, end.order);
      }
      for (const { states } of history.documents('goal_contribution')) {
        const [{ order, document }] = states as [(typeof states)[0]];
        if (!document || document.tombstone === true) continue;
        const goalId = String(document.goal_id);
        const { conditions } = (history.last('goal', goalId) ?? {}) as {
          conditions?: { session_id: string };
        };
        const end = sessionEnds.get(conditions?.session_id ?? '') ?? Infinity;
        const settled = history.statesOf('goal', goalId).find((state) => state.document?.settled_at);
        verdict.expect(
          order < end,
          `contribution ${sourceOf(document)} was stored after its session had ended`,
        );
        verdict.expect(
          order < (settled?.order ?? Infinity),
          `contribution ${sourceOf(document)} was stored after its goal was settled`,
        );
      }
      const acceptedAt = earliest(
        answered(history, creates, 202).map(({ answer, to }) => [String(answer.goal_id), to]),
      );
      for (const { path, from, status } of history.callsOf(reads)) {
        const since = acceptedAt.get(idIn(path));
        if (since === undefined || from <= since || typeof status !== 'number') continue;
        verdict.expect(status !== 404, `goal ${idIn(path)} was accepted, and then a read was answered 404`);
      }
    },
  },
  {
    name: 'order by version',
    promise:
      'Versions of a goal only rise: in the collection, in events by their time, and from one read to the next.',
    judge(history, verdict) {
      for (const { id, states } of history.documents('goal'))
        for (const [index, { document }] of states.entries()) {
          const before = states[index - 1]?.document;
          if (!before || !document) continue;
          const [older, newer] = [before.version, document.version].map((version) => Number(version ?? 0));
          const isNews = ['status', 'progress', 'late_tickets', 'level', 'outcome'].some(
            (field) => !isSame(before[field], document[field]),
          );
          verdict.expect(
            isNews ? newer! > older! : newer! >= older!,
            `goal ${id} changed from version ${older} to ${newer}${isNews ? ', with its state' : ''}`,
          );
        }
      const events = new Map<string, { at: string; version: number; type: string }[]>();
      for (const { event } of history.messages) {
        const goalId = String(event.data.goal_id);
        const of = events.get(goalId) ?? [];
        events.set(goalId, of);
        of.push({ at: event.occurred_at, version: event.version, type: event.type });
      }
      for (const [goalId, of] of events) {
        let highest = { at: '', version: -1, type: '' };
        for (const event of of.toSorted((a, b) => a.at.localeCompare(b.at))) {
          verdict.expect(
            event.version >= highest.version || event.at === highest.at,
            `${event.type} of goal ${goalId} has version ${event.version}, and ${highest.type} before it ${highest.version}`,
          );
          if (event.version > highest.version) highest = event;
        }
      }
      const byGoal = new Map<string, Call[]>();
      for (const call of answered(history, reads, 200))
        byGoal.set(idIn(call.path), [...(byGoal.get(idIn(call.path)) ?? []), call]);
      for (const [goalId, calls] of byGoal)
        for (const { at, version, seen } of readsInOrder(calls))
          verdict.expect(
            version >= seen,
            `a read of goal ${goalId} at ${at} saw version ${version}, one before it ${seen}`,
          );
    },
  },
  {
    name: 'access follows money',
    promise: 'Who has a ticket may watch, who has none or whose session or goal is over may not.',
    judge(history, verdict) {
      for (const { allowed, expected, who } of accessByMoney(history))
        verdict.expect(allowed === expected, `${who}: allowed ${allowed}, by what was paid ${expected}`);
      const buyers = new Set(history.callsOf(payments).map(({ body }) => String(body?.user_id)));
      const streamers = new Set(history.documents('session').map(({ last }) => String(last?.user)));
      for (const { name, channel } of history.pushes) {
        if (name !== 'stream.authorized') continue;
        const viewer = channel.split('.').at(-1)!;
        verdict.expect(
          buyers.has(viewer) || streamers.has(viewer),
          `${viewer} was told that they may watch and never paid`,
        );
      }
    },
  },
];
