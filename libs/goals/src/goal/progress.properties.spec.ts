import * as fc from 'fast-check';
import { levelFaults } from './rules.js';
import { count, type Payment, type Progress } from './progress.js';

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
const bySource = (paid: Payment[]) => new Map(paid.map((payment) => [payment.source_id, payment]));

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
        const { counted, after } = count(goalOf(targets), paid, new Map(), running);
        expect(after.progress).toBe(counted.reduce((sum, payment) => sum + payment.amount, 0));
        expect(new Set(counted.map(({ source_id }) => source_id)).size).toBe(counted.length);
        expect(after.level).toBe(targets.filter((target) => after.progress >= target).length);
        expect(after.state).toBe(after.level === targets.length ? 'completed' : 'active');
      }),
    ));

  it('a batch comes to the same as its parts one after the other', () =>
    fc.assert(
      fc.property(rising, payments, fc.nat(30), (targets, paid, cut) => {
        const whole = count(goalOf(targets), paid, new Map(), running);
        const first = count(goalOf(targets), paid.slice(0, cut), new Map(), running);
        const known = bySource(first.counted);
        const second = count(first.after, paid.slice(cut), known, running);
        expect([...first.outcomes, ...second.outcomes]).toEqual(whole.outcomes);
        expect(second.after).toEqual(whole.after);
      }),
    ));

  it('progress never falls, and what is sent again answers without counting', () =>
    fc.assert(
      fc.property(rising, payments, (targets, paid) => {
        const first = count(goalOf(targets), paid, new Map(), running);
        const known = bySource(first.counted);
        const again = count(first.after, first.counted, known, running);
        expect(again.counted).toEqual([]);
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
          const known = bySource(first.counted);
          const closed = { ...first.after, ...change };
          const later = count(closed, paid, known, { ...running, ...moment });
          expect(later.counted).toEqual([]);
          expect(later.after).toEqual(closed);
          for (const [index, { source_id }] of paid.entries())
            if (known.has(source_id) && known.get(source_id) === paid[index])
              expect(later.outcomes[index]).toMatchObject({ isNew: false, progress: closed.progress });
        },
      ),
    ));
});
