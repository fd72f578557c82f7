import * as fc from 'fast-check';
import { levelFaults } from './rules.js';
import { count, type Counted, type Payment, type Progress, type Source, type Voiding } from './progress.js';

fc.configureGlobal({
  seed: Number(process.env.FUZZ_SEED ?? 1),
  numRuns: Number(process.env.FUZZ_RUNS ?? 200),
});

const now = new Date('2026-09-21T14:00:00Z');
const amount = fc.integer({ min: 1, max: 100 });
const rising = fc
  .uniqueArray(amount, { minLength: 1, maxLength: 20 })
  .map((targets) => targets.toSorted((a, b) => a - b));
// Few sources, users and amounts, so that many come twice, the same or not.
const payments = fc.array(
  fc.record({
    source_id: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g'),
    user_id: fc.constantFrom('u', 'v'),
    amount: fc.constantFrom(1, 7, 40),
  }),
  { maxLength: 30 },
);
const running = { now, sessionEnded: false };
const bySource = (sources: Source[]) => new Map(sources.map((source) => [source.source_id, source]));

const goalOf = (targets: number[]): Progress => ({
  state: 'active',
  levels: targets.map((target) => ({ target })),
  progress: 0,
  level: 0,
  peakLevel: 0,
  nbf: now,
  exp: null,
});

describe('levels', () => {
  it('hold just where each target is more than the one before', () =>
    fc.assert(
      fc.property(fc.array(amount, { minLength: 1, maxLength: 20 }), (targets) => {
        const falls = targets.flatMap((target, index) =>
          index > 0 && target <= targets[index - 1]! ? [index] : [],
        );
        const pointers = levelFaults(targets.map((target) => ({ target }))).map(({ pointer }) => pointer);
        expect(pointers).toEqual(falls.map((index) => `/levels/${index}/target`));
      }),
    ));
});

describe('whatever is paid, in whatever order', () => {
  it('progress is the sum of what was counted, each source once, and the level is what it reaches', () =>
    fc.assert(
      fc.property(rising, payments, (targets, paid) => {
        const { added, after } = count(goalOf(targets), paid, new Map(), running);
        expect(after.progress).toBe(added.reduce((sum, payment) => sum + payment.amount, 0));
        expect(new Set(added.map(({ source_id }) => source_id)).size).toBe(added.length);
        expect(after.level).toBe(targets.filter((target) => after.progress >= target).length);
        expect(after.state).toBe(after.level === targets.length ? 'completed' : 'active');
      }),
    ));

  it('a batch comes to the same as its parts one after the other', () =>
    fc.assert(
      fc.property(rising, payments, fc.nat(30), (targets, paid, cut) => {
        const whole = count(goalOf(targets), paid, new Map(), running);
        const first = count(goalOf(targets), paid.slice(0, cut), new Map(), running);
        const known = bySource(first.added);
        const second = count(first.after, paid.slice(cut), known, running);
        expect([...first.outcomes, ...second.outcomes]).toEqual(whole.outcomes);
        expect(second.after).toEqual(whole.after);
      }),
    ));

  it('progress never falls, and what is sent again answers without counting', () =>
    fc.assert(
      fc.property(rising, payments, (targets, paid) => {
        const first = count(goalOf(targets), paid, new Map(), running);
        const known = bySource(first.added);
        const again = count(first.after, first.valid, known, running);
        expect(again.added).toEqual([]);
        expect(again.after).toEqual(first.after);
        const seen = first.outcomes.flatMap((outcome) => ('progress' in outcome ? [outcome.progress] : []));
        expect(seen).toEqual(seen.toSorted((a, b) => a - b));
      }),
    ));

  it('a source is refused just where its first payment was another, and nothing else is while the goal is open', () =>
    fc.assert(
      fc.property(rising, payments, (targets, paid) => {
        const { outcomes } = count(goalOf(targets), paid, new Map(), running);
        const reused = paid.map((payment) => {
          const first = paid.find(({ source_id }) => source_id === payment.source_id)!;
          return first.user_id !== payment.user_id || first.amount !== payment.amount;
        });
        expect(outcomes.map((outcome) => 'refused' in outcome && outcome.refused)).toEqual(
          reused.map((isReused) => isReused && 'source_id_reused'),
        );
      }),
    ));

  it('a completed goal counts like an active one and never becomes anything else', () =>
    fc.assert(
      fc.property(rising, payments, (targets, paid) => {
        const full = { ...goalOf(targets), progress: 100, level: targets.length };
        const completed = count({ ...full, state: 'completed' }, paid, new Map(), running);
        const active = count({ ...full, state: 'active' }, paid, new Map(), running);
        expect(completed.outcomes).toEqual(active.outcomes);
        expect(completed.after.state).toBe('completed');
      }),
    ));

  it('a goal that takes nothing answers what it knows and stays as it is', () =>
    fc.assert(
      fc.property(
        rising,
        payments,
        fc.nat(30),
        fc.constantFrom<[object, object]>(
          [{}, { sessionEnded: true }],
          [{ state: 'cancelled' }, {}],
          [{ exp: now }, {}],
        ),
        (targets, paid, cut, [change, moment]) => {
          const first = count(goalOf(targets), paid.slice(0, cut), new Map(), running);
          const known = bySource(first.added);
          const closed = { ...first.after, ...change };
          const later = count(closed, paid, known, { ...running, ...moment });
          expect(later.added).toEqual([]);
          expect(later.after).toEqual(closed);
          for (const [index, { source_id }] of paid.entries())
            if (known.has(source_id) && known.get(source_id) === paid[index])
              expect(later.outcomes[index]).toMatchObject({ isNew: false, progress: closed.progress });
        },
      ),
    ));
});

type Batch = (Payment | Voiding)[];

// Now a payment, now a voiding, of few sources, so that they meet in every order.
const entries = fc.array(
  fc.oneof(
    fc.record({
      source_id: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
      user_id: fc.constantFrom('u', 'v'),
      amount: fc.constantFrom(1, 7, 40),
    }),
    fc.record({
      source_id: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
      void_reason: fc.constantFrom(null, 'charged back'),
    }),
  ),
  { maxLength: 20 },
);
const batches = fc.array(entries, { maxLength: 6 });
const exp = new Date(now.getTime() + 1);
const afterExp = { now: exp, sessionEnded: false };

const fundingOf = (targets: number[]): Progress => ({
  ...goalOf(targets),
  exp,
  funding: { outcome: 'open', minimumLevel: 1, salesUntil: 'show_end', hasShow: false, lateTickets: 0 },
});

/** A goal with what is stored of its contributions, which batches change one after the other. */
class Ledger {
  readonly sources = new Map<string, Source>();
  /** How far the goal was after each batch. */
  readonly course: Progress[] = [];

  constructor(public goal: Progress) {}

  enter(batch: Batch, moment: typeof running): Counted<Payment, Source> {
    const counted = count(this.goal, batch, this.sources, moment);
    for (const source of counted.added) {
      expect(this.sources.has(source.source_id)).toBe(false);
      this.sources.set(source.source_id, source);
    }
    for (const source of counted.voided) {
      expect(this.sources.get(source.source_id)).not.toHaveProperty('voided_at');
      this.sources.set(source.source_id, source);
    }
    this.goal = counted.after;
    this.course.push(counted.after);
    return counted;
  }

  /** The sum of what is not voided: of late tickets, or of all else. */
  sum(isLate: boolean): number {
    return [...this.sources.values()]
      .filter(({ late = false, voided_at }) => late === isLate && !voided_at)
      .reduce((sum, source) => sum + source.amount, 0);
  }
}

describe('whatever is paid and voided, in whatever order, before the countdown ends and after it', () => {
  const story = fc.tuple(rising, batches, batches);
  const tell = ([targets, before, later]: [number[], Batch[], Batch[]]) => {
    const ledger = new Ledger(fundingOf(targets));
    const all = [
      ...before.map((batch) => ledger.enter(batch, running)),
      ...later.map((batch) => ledger.enter(batch, afterExp)),
    ];
    return { ledger, all, targets };
  };

  it('progress and late tickets are the sums of what was taken and is not voided; the level is what progress reaches', () =>
    fc.assert(
      fc.property(story, (told) => {
        const { ledger, targets } = tell(told);
        const { progress, level, funding } = ledger.goal;
        expect({ progress, late: funding!.lateTickets }).toEqual({
          progress: ledger.sum(false),
          late: ledger.sum(true),
        });
        expect(level).toBe(targets.filter((target) => progress >= target).length);
      }),
    ));

  it('the highest level never falls, and no level is above it', () =>
    fc.assert(
      fc.property(story, (told) => {
        const { course } = tell(told).ledger;
        for (const [index, { level, peakLevel }] of course.entries()) {
          expect(peakLevel).toBeGreaterThanOrEqual(level);
          expect(peakLevel).toBeGreaterThanOrEqual(course[index - 1]?.peakLevel ?? 0);
        }
      }),
    ));

  it('what is corrected is each voided source once, and takes back just what it had counted', () =>
    fc.assert(
      fc.property(story, (told) => {
        const { ledger, all } = tell(told);
        const corrections = all.flatMap((counted) => counted.corrections);
        const voided = [...ledger.sources.values()].filter(({ voided_at }) => voided_at);
        expect(corrections).toHaveLength(voided.length);
        expect(new Map(corrections.map(({ source_id, delta }) => [source_id, delta]))).toEqual(
          new Map(voided.map((source) => [source.source_id, 0 - source.amount])),
        );
      }),
    ));

  it('one batch comes to the same as its entries one by one, but for what is stored of each on the way', () =>
    fc.assert(
      fc.property(rising, entries, entries, fc.boolean(), (targets, before, batch, isLate) => {
        const moment = isLate ? afterExp : running;
        const [whole, parts] = [new Ledger(fundingOf(targets)), new Ledger(fundingOf(targets))];
        for (const ledger of [whole, parts]) ledger.enter(before, running);
        const together = whole.enter(batch, moment).outcomes;
        const oneByOne = batch.flatMap((entry) => parts.enter([entry], moment).outcomes);
        expect(oneByOne).toEqual(together);
        expect(parts.goal).toEqual(whole.goal);
        expect(parts.sources).toEqual(whole.sources);
      }),
    ));

  it('what was done already is answered the same again and changes nothing, also when the session has ended', () =>
    fc.assert(
      fc.property(rising, entries, (targets, batch) => {
        const ledger = new Ledger(fundingOf(targets));
        const { outcomes } = ledger.enter(batch, running);
        const { goal } = ledger;
        const again = ledger.enter(
          batch.filter((_, index) => 'isNew' in outcomes[index]!),
          { now: exp, sessionEnded: true },
        );
        expect([again.added, again.voided, again.corrections]).toEqual([[], [], []]);
        for (const outcome of again.outcomes)
          expect(outcome).toMatchObject({ isNew: false, progress: goal.progress, level: goal.level });
        expect(ledger.goal).toEqual(goal);
      }),
    ));

  it('only what counts in the end is a ticket', () =>
    fc.assert(
      fc.property(story, (told) => {
        const { ledger, all } = tell(told);
        const [last] = all.slice(-1);
        for (const { source_id } of last?.valid ?? [])
          expect(ledger.sources.get(source_id)).not.toHaveProperty('voided_at');
      }),
    ));

  it('nothing is voided of a goal that is settled but what was before', () =>
    fc.assert(
      fc.property(rising, entries, entries, (targets, before, later) => {
        const ledger = new Ledger(fundingOf(targets));
        ledger.enter(before, running);
        ledger.goal = { ...ledger.goal, funding: { ...ledger.goal.funding!, outcome: 'void' } };
        const wasVoided = new Set(
          [...ledger.sources.values()].flatMap(({ source_id, voided_at }) => (voided_at ? [source_id] : [])),
        );
        const voidings = later.filter((entry) => 'void_reason' in entry);
        const { outcomes, added, voided } = ledger.enter(voidings, afterExp);
        expect([added, voided]).toEqual([[], []]);
        expect(outcomes.map((outcome) => 'isNew' in outcome)).toEqual(
          voidings.map(({ source_id }) => wasVoided.has(source_id)),
        );
      }),
    ));
});
