import { count, type Progress } from './progress.js';

const now = new Date('2026-09-21T14:00:00Z');
const goal: Progress = {
  state: 'active',
  levels: [{ target: 10 }, { target: 20 }, { target: 50 }],
  progress: 0,
  level: 0,
  nbf: now,
  exp: new Date('2026-09-21T15:00:00Z'),
};
const pay = (source_id: string, amount: number) => ({ source_id, amount });

describe('count', () => {
  it('adds up, crosses several levels at once and may pass the target', () => {
    const { outcomes, after } = count(goal, [pay('a', 9), pay('b', 12), pay('c', 100)], new Set(), now);
    expect(outcomes).toEqual([
      { isNew: true, progress: 9, level: 0 },
      { isNew: true, progress: 21, level: 2 },
      { isNew: true, progress: 121, level: 3 },
    ]);
    expect(after).toMatchObject({ progress: 121, level: 3, state: 'completed' });
    expect(goal.progress).toBe(0);
  });

  it('counts a source once, whether it is known before or comes twice', () => {
    const { outcomes, counted } = count(
      goal,
      [pay('old', 5), pay('a', 5), pay('a', 7)],
      new Set(['old']),
      now,
    );
    expect(outcomes.map((outcome) => 'isNew' in outcome && outcome.isNew)).toEqual([false, true, false]);
    expect(counted).toEqual([pay('a', 5)]);
  });

  it('takes nothing after the payment that completed it, but still knows that one', () => {
    const { outcomes } = count(goal, [pay('a', 50), pay('b', 1), pay('a', 50)], new Set(), now);
    expect(outcomes).toEqual([
      { isNew: true, progress: 50, level: 3 },
      { refused: 'not_active' },
      { isNew: false, progress: 50, level: 3 },
    ]);
  });

  it.each([
    ['at nbf', { nbf: now }, undefined],
    ['before nbf', { nbf: new Date(now.getTime() + 1) }, 'outside_window'],
    ['at exp', { exp: now }, 'outside_window'],
    ['just before exp', { exp: new Date(now.getTime() + 1) }, undefined],
    ['with an open end', { exp: null }, undefined],
    ['while scheduled', { state: 'scheduled' as const }, 'not_active'],
    ['when cancelled', { state: 'cancelled' as const }, 'not_active'],
  ])('%s', (_when, change, refused) => {
    const { outcomes } = count({ ...goal, ...change }, [pay('a', 1)], new Set(), now);
    expect('refused' in outcomes[0]! ? outcomes[0].refused : undefined).toBe(refused);
  });
});
