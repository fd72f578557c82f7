import { checkHistory } from './check.js';
import type { AnswerEntry, Entry, PushEntry, RequestEntry, StoredEntry } from './entries.js';
import { readEntries } from './recorder.js';

/** A few evenings of streamers from a run of the fault suite. */
const recorded = readEntries(new URL('./recorded.jsonl', import.meta.url).pathname);

/** A recorded history that can be changed, and what to change in it. */
class Tape {
  readonly entries = structuredClone(recorded);

  stored(collection: string, suits: (entry: StoredEntry) => unknown): StoredEntry {
    return this.find(
      (entry): entry is StoredEntry =>
        entry.kind === 'stored' && entry.collection === collection && Boolean(suits(entry)),
    );
  }

  push(name: string): PushEntry {
    return this.find((entry): entry is PushEntry => entry.kind === 'push' && entry.name === name);
  }

  /** A request that was answered so, with its answer. */
  answered(
    operation: RegExp,
    suits: (answer: AnswerEntry, request: RequestEntry) => unknown,
  ): { request: RequestEntry; answer: AnswerEntry } {
    const requests = new Map<number, RequestEntry>();
    for (const entry of this.entries) {
      if (entry.kind === 'request') requests.set(entry.id, entry);
      if (entry.kind !== 'answer') continue;
      const request = requests.get(entry.id)!;
      if (operation.test(`${request.method} ${request.path}`) && suits(entry, request))
        return { request, answer: entry };
    }
    throw new Error(`no answer to ${operation.source} suits`);
  }

  remove(...entries: Entry[]): void {
    for (const entry of entries) this.entries.splice(this.entries.indexOf(entry), 1);
  }

  /** Removes every change of this kind. */
  removeAll(suits: (entry: Entry) => unknown): void {
    this.remove(...this.entries.filter(suits));
  }

  /** Something that happens after all that was recorded. */
  append(...entries: object[]): void {
    const { at } = this.entries.at(-1)!;
    for (const [index, entry] of entries.entries())
      this.entries.push({ ...entry, at: at + 10 * (index + 1) } as Entry);
  }

  /** The same exchange once more, with another answer. */
  repeat(
    { request, answer }: { request: RequestEntry; answer: AnswerEntry },
    change: Partial<AnswerEntry>,
  ): void {
    const id = 1_000_000 + this.entries.length;
    this.append({ ...request, id }, { ...answer, ...change, id });
  }

  private find<Found extends Entry>(suits: (entry: Entry) => entry is Found): Found {
    const found = this.entries.find(suits);
    if (!found) throw new Error(`nothing that was recorded suits ${suits.toString()}`);
    return found;
  }
}

const otherId = 'ffffffffffffffffffffffff';
const payments = /contributions$/;
const access = /\/access\//;
const settings = ({ set }: StoredEntry) => set ?? {};
const isNumber = (value: unknown) => typeof value === 'number';

/** The funding goal of an evening that was left open: neither its session nor its sales are over. */
function openGoal(tape: Tape): { goalId: string; sessionId: string } {
  const over = new Set(
    tape.entries.flatMap((entry) =>
      entry.kind === 'stored' && entry.collection === 'goal' && settings(entry).settlement ? [entry.id] : [],
    ),
  );
  const goal = tape.stored(
    'goal',
    ({ id, document }) => document?._cls === 'ShowFundingGoal' && !over.has(id),
  );
  return { goalId: goal.id, sessionId: (goal.document!.conditions as { session_id: string }).session_id };
}

const settledGoal = (tape: Tape) => tape.stored('goal', (entry) => settings(entry).settlement);

/** Faults as they could be in a history, by the rule that has to find them. */
const planted: Record<string, Record<string, (tape: Tape) => void>> = {
  accepted: {
    'a goal that never gets into its session': (tape) => {
      const { sessionId } = openGoal(tape);
      tape.removeAll((entry) => entry.kind === 'stored' && entry.id === sessionId && entry.set);
    },
    'a goal that no screen is shown': (tape) => {
      const { goalId } = openGoal(tape);
      tape.removeAll((entry) => entry.kind === 'push' && entry.data.goal_id === goalId);
    },
    'a goal that is not in the feed': (tape) => {
      const { goalId } = openGoal(tape);
      tape.remove(tape.stored('livestream_feed', ({ document }) => document?.goal === goalId));
    },
    'a goal that is never stored': (tape) => {
      const { goalId } = openGoal(tape);
      tape.removeAll((entry) => entry.kind === 'stored' && entry.id === goalId);
    },
    'a session that is never closed': (tape) =>
      tape.remove(tape.stored('session', (entry) => settings(entry).closed_at)),
    'tickets that are never settled': (tape) => tape.remove(settledGoal(tape)),
  },
  sums: {
    'a payment that is acknowledged and lost': (tape) =>
      tape.remove(tape.stored('goal_contribution', ({ document }) => document)),
    'an amount that nobody paid': (tape) => {
      tape.stored('goal_contribution', ({ document }) => document).document!.amount = 99;
    },
    'a payment that nobody made': (tape) => {
      const { document } = tape.stored('goal_contribution', (entry) => entry.document);
      tape.append({
        kind: 'stored',
        collection: 'goal_contribution',
        id: otherId,
        document: { ...document, _id: otherId, source_id: 'of-nobody' },
      });
    },
    'progress beyond what was paid': (tape) => {
      const { set } = tape.stored('goal', (entry) => isNumber(settings(entry).progress));
      set!.progress = Number(set!.progress) + 1;
    },
    'a voided ticket that counts': (tape) =>
      tape.remove(tape.stored('goal_contribution', (entry) => settings(entry).voided_at)),
    'a settlement of another total': (tape) => {
      (settledGoal(tape).set!.settlement as { total: number }).total += 1;
    },
    'an answer with another settlement': (tape) => {
      tape.answered(/settlement$/, ({ status }) => status === 200).answer.body!.total = 12345;
    },
  },
  once: {
    'a payment that is stored twice': (tape) => {
      const { document } = tape.stored('goal_contribution', (entry) => entry.document);
      tape.append({
        kind: 'stored',
        collection: 'goal_contribution',
        id: otherId,
        document: { ...document, _id: otherId },
      });
    },
    'a payment that is new twice': (tape) =>
      tape.repeat(
        tape.answered(payments, ({ status }) => status === 201),
        {},
      ),
    'a goal in the feed twice': (tape) => {
      const entry = tape.stored('livestream_feed', ({ document }) => document);
      tape.append({ ...entry, id: otherId });
    },
    'an event that is tracked twice': (tape) => {
      const entry = tape.stored('analytics_event', ({ document }) => document?.event === 'goal.created');
      tape.append({ ...entry, id: otherId });
    },
    'a second show for a funding goal': (tape) => {
      const entry = tape.stored('goal', ({ document }) => document?._cls === 'ShowGoal');
      tape.append({ ...entry, id: otherId });
    },
    'a show in two pairs': (tape) => {
      const { document } = tape.stored('session', (entry) => entry.document);
      const show_goal = tape.stored('goal', (entry) => entry.document?._cls === 'ShowGoal').id;
      tape.append({
        kind: 'stored',
        collection: 'session',
        id: otherId,
        document: { ...document, show_goal_pairs: [{ show_goal }] },
      });
    },
    'one fact under two event ids': (tape) => {
      const push = tape.push('goal.settled');
      tape.append({ ...push, data: { ...push.data, event_id: otherId } });
    },
    'a key that is answered with two goals': (tape) => {
      const exchange = tape.answered(/^POST \/goals\?/, ({ status }) => status === 202);
      tape.repeat(exchange, { body: { goal_id: otherId } });
    },
  },
  'never after': {
    'progress after the settlement': (tape) => {
      const { id } = settledGoal(tape);
      tape.append({ kind: 'stored', collection: 'goal', id, set: { progress: 77, version: 1_000 } });
    },
    'a payment after the settlement': (tape) => {
      const { document } = tape.stored('goal_contribution', (entry) => entry.document);
      const goal_id = settledGoal(tape).id;
      tape.append({
        kind: 'stored',
        collection: 'goal_contribution',
        id: otherId,
        document: { ...document, goal_id },
      });
    },
    'a payment after the end of its session': (tape) => {
      const ended = tape.stored('session', (entry) => settings(entry).active === false).id;
      const goal = tape.stored('goal', ({ document }) => {
        const { session_id } = (document?.conditions ?? {}) as { session_id?: string };
        return session_id === ended && document?._cls === 'ShowFundingGoal';
      });
      const { document } = tape.stored('goal_contribution', (entry) => entry.document);
      tape.append({
        kind: 'stored',
        collection: 'goal_contribution',
        id: otherId,
        document: { ...document, goal_id: goal.id },
      });
    },
    'a cancelled goal that is active again': (tape) => {
      const { id } = tape.stored('goal', (entry) => settings(entry).status === 'cancelled');
      tape.append({ kind: 'stored', collection: 'goal', id, set: { status: 'active', version: 1_000 } });
    },
    'an accepted goal that cannot be found': (tape) =>
      tape.repeat(
        tape.answered(/^GET \/goals\/\w+$/, ({ status }) => status === 200),
        { status: 404 },
      ),
  },
  'order by version': {
    'a version that falls': (tape) => {
      const { id } = tape.stored('goal', (entry) => Number(settings(entry).version) > 1);
      tape.append({ kind: 'stored', collection: 'goal', id, set: { version: 0 } });
    },
    'a change that keeps its version': (tape) => {
      const { set } = tape.stored('goal', (entry) => isNumber(settings(entry).progress));
      delete set!.version;
    },
    'an event with an older version than one before it': (tape) => {
      const entry = tape.entries.find(({ kind }) => kind === 'message') as Entry & { kind: 'message' };
      const at = new Date(Date.parse(entry.event.occurred_at) + 3_600_000).toISOString();
      tape.append({ ...entry, event: { ...entry.event, version: 40, occurred_at: at } });
      tape.append({ ...entry, event: { ...entry.event, version: 2, occurred_at: at.replace('Z', '9Z') } });
    },
    'a read that goes back': (tape) => {
      const isLate = ({ status, body }: AnswerEntry) => status === 200 && Number(body?.version) > 0;
      const exchange = tape.answered(/^GET \/goals\/\w+$/, isLate);
      tape.repeat(exchange, { body: { ...exchange.answer.body, version: 0 } });
    },
  },
  'access follows money': {
    'a buyer who is shut out': (tape) => {
      tape.answered(access, ({ body }) => body?.allowed === true).answer.body!.allowed = false;
    },
    'a viewer who gets in without a ticket': (tape) => {
      const paid = new Set(
        tape.entries.map((entry) => (entry.kind === 'request' ? entry.body?.user_id : undefined)),
      );
      const path = `/goals/${openGoal(tape).goalId}/access/${otherId}`;
      expect(paid).not.toContain(otherId);
      tape.append(
        { kind: 'request', id: 1_000_000, method: 'GET', path, user: otherId },
        { kind: 'answer', id: 1_000_000, status: 200, body: { allowed: true } },
      );
    },
    'a viewer who stays in after the end': (tape) => {
      const { request } = tape.answered(/end$/, ({ status }) => status === 200);
      const goal = tape.stored('goal', ({ document }) => {
        const { session_id } = (document?.conditions ?? {}) as { session_id?: string };
        return request.path.includes(String(session_id)) && document?._cls === 'ShowFundingGoal';
      });
      const isOfGoal = (_: AnswerEntry, { path }: RequestEntry) => path.includes(goal.id);
      tape.repeat(tape.answered(access, isOfGoal), { status: 200, body: { allowed: true } });
    },
    'a viewer who is let in and never paid': (tape) => {
      const push = tape.push('stream.authorized');
      tape.append({ ...push, channel: push.channel.replace(/\w+$/, otherId) });
    },
  },
};

describe('the rules of histories', () => {
  it('hold for one that was recorded, each with something to judge', () => {
    const { lines, faults } = checkHistory(recorded);
    expect(faults).toEqual([]);
    for (const line of lines) expect(line).toMatch(/holds, judged [1-9]/);
  });

  describe.each(Object.entries(planted))('%s', (rule, faults) => {
    it.each(Object.entries(faults))('finds %s', (_, plant) => {
      const tape = new Tape();
      plant(tape);
      const found = checkHistory(tape.entries).faults;
      expect(found.filter((fault) => fault.startsWith(`${rule}: `))).not.toEqual([]);
    });
  });
});
