import * as fc from 'fast-check';
import { levelFaults } from './levels.js';
import { count, type Progress } from './progress.js';

fc.configureGlobal({
  seed: Number(process.env.FUZZ_SEED ?? 1),
  numRuns: Number(process.env.FUZZ_RUNS ?? 200),
});

const now = new Date('2026-09-21T14:00:00Z');
const amount = fc.integer({ min: 1, max: 100 });
const rising = fc
  .uniqueArray(amount, { minLength: 1, maxLength: 20 })
  .map((targets) => targets.toSorted((a, b) => a - b));
// Few sources, so that many come twice.
const payments = fc.array(
  fc.record({ source_id: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g'), amount }),
  {
    maxLength: 30,
  },
);

const goalOf = (targets: number[]): Progress => ({
  state: 'active',
  levels: targets.map((target) => ({ target })),
  progress: 0,
  level: 0,
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
        const { counted, after } = count(goalOf(targets), paid, new Set(), now);
        expect(after.progress).toBe(counted.reduce((sum, payment) => sum + payment.amount, 0));
        expect(new Set(counted.map(({ source_id }) => source_id)).size).toBe(counted.length);
        expect(after.level).toBe(targets.filter((target) => after.progress >= target).length);
        expect(after.state).toBe(after.level === targets.length ? 'completed' : 'active');
      }),
    ));

  it('a batch comes to the same as its parts one after the other', () =>
    fc.assert(
      fc.property(rising, payments, fc.nat(30), (targets, paid, cut) => {
        const whole = count(goalOf(targets), paid, new Set(), now);
        const first = count(goalOf(targets), paid.slice(0, cut), new Set(), now);
        const known = new Set(first.counted.map(({ source_id }) => source_id));
        const second = count(first.after, paid.slice(cut), known, now);
        expect([...first.outcomes, ...second.outcomes]).toEqual(whole.outcomes);
        expect(second.after).toEqual(whole.after);
      }),
    ));

  it('progress never falls, and what is sent again answers without counting', () =>
    fc.assert(
      fc.property(rising, payments, (targets, paid) => {
        const first = count(goalOf(targets), paid, new Set(), now);
        const known = new Set(first.counted.map(({ source_id }) => source_id));
        const again = count(first.after, first.counted, known, now);
        expect(again.counted).toEqual([]);
        expect(again.after).toEqual(first.after);
        const seen = first.outcomes.flatMap((outcome) => ('progress' in outcome ? [outcome.progress] : []));
        expect(seen).toEqual(seen.toSorted((a, b) => a - b));
      }),
    ));
});
