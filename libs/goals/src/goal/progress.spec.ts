import { count, type Progress } from './progress.js';

const now = new Date('2026-09-21T14:00:00Z');
const running = { now, sessionEnded: false };
const goal: Progress = {
  state: 'active',
  levels: [{ target: 10 }, { target: 20 }, { target: 50 }],
  progress: 0,
  level: 0,
  peakLevel: 0,
  nbf: now,
  exp: new Date('2026-09-21T15:00:00Z'),
};
const pay = (source_id: string, amount: number, user_id = 'u') => ({ source_id, user_id, amount });
const knownOf = (...payments: ReturnType<typeof pay>[]) =>
  new Map(payments.map((payment) => [payment.source_id, payment]));

describe('count', () => {
  it('adds up, crosses several levels at once and may pass the target', () => {
    const { outcomes, after } = count(goal, [pay('a', 9), pay('b', 12), pay('c', 100)], knownOf(), running);
    expect(outcomes).toEqual([
      { isNew: true, progress: 9, level: 0, late: false },
      { isNew: true, progress: 21, level: 2, late: false },
      { isNew: true, progress: 121, level: 3, late: false },
    ]);
    expect(after).toMatchObject({ progress: 121, level: 3, state: 'completed' });
    expect(goal.progress).toBe(0);
  });

  it('counts a source once, whether it is known before or comes twice', () => {
    const { outcomes, added } = count(
      goal,
      [pay('old', 5), pay('a', 5), pay('a', 5)],
      knownOf(pay('old', 5)),
      running,
    );
    expect(outcomes.map((outcome) => 'isNew' in outcome && outcome.isNew)).toEqual([false, true, false]);
    expect(added).toEqual([pay('a', 5)]);
  });

  it.each([
    ['another amount', pay('a', 6)],
    ['another user', pay('a', 5, 'v')],
  ])(
    'refuses a source that comes again with %s, known before or not, and counts nothing of it',
    (_, other) => {
      const reused = { refused: 'source_id_reused' };
      const together = count(goal, [pay('a', 5), other, pay('a', 5)], knownOf(), running);
      expect(together.outcomes).toEqual([
        { isNew: true, progress: 5, level: 0, late: false },
        reused,
        { isNew: false, progress: 5, level: 0, late: false },
      ]);
      expect(together.added).toEqual([pay('a', 5)]);
      for (const change of [{}, { state: 'expired' as const }, { exp: now }]) {
        const later = count({ ...together.after, ...change }, [other], knownOf(pay('a', 5)), running);
        expect(later).toMatchObject({ outcomes: [reused], added: [], after: { progress: 5 } });
      }
    },
  );

  it('counts on after the payment that completed it, which stays completed', () => {
    const { outcomes, after } = count(goal, [pay('a', 50), pay('b', 1), pay('a', 50)], knownOf(), running);
    expect(outcomes).toEqual([
      { isNew: true, progress: 50, level: 3, late: false },
      { isNew: true, progress: 51, level: 3, late: false },
      { isNew: false, progress: 51, level: 3, late: false },
    ]);
    expect(after.state).toBe('completed');
  });

  it('takes nothing new for a class that it does not know, whatever else is to be said', () => {
    const moment = { now, sessionEnded: true, classUnknown: true };
    const { outcomes } = count(goal, [pay('old', 5), pay('new', 5)], knownOf(pay('old', 5)), moment);
    expect(outcomes).toEqual([
      { isNew: false, progress: 0, level: 0, late: false },
      { refused: 'unknown_class' },
    ]);
  });

  it('never completes a goal without levels', () => {
    const { after } = count({ ...goal, levels: [] }, [pay('a', 5)], knownOf(), running);
    expect(after).toMatchObject({ state: 'active', progress: 5, level: 0 });
  });

  const completed = { state: 'completed' as const, progress: 50, level: 3, peakLevel: 3 };
  it.each([
    ['at nbf', { nbf: now }, undefined],
    ['before nbf', { nbf: new Date(now.getTime() + 1) }, 'outside_window'],
    ['at exp', { exp: now }, 'outside_window'],
    ['just before exp', { exp: new Date(now.getTime() + 1) }, undefined],
    ['with an open end', { exp: null }, undefined],
    ['when completed', completed, undefined],
    ['when completed, just before exp', { ...completed, exp: new Date(now.getTime() + 1) }, undefined],
    ['when completed, at exp', { ...completed, exp: now }, 'outside_window'],
    ['while scheduled', { state: 'scheduled' as const }, 'not_active'],
    ['when expired', { state: 'expired' as const }, 'not_active'],
    ['when cancelled', { state: 'cancelled' as const }, 'not_active'],
  ])('%s', (_when, change, refused) => {
    const { outcomes } = count({ ...goal, ...change }, [pay('a', 1)], knownOf(), running);
    expect('refused' in outcomes[0]! ? outcomes[0].refused : undefined).toBe(refused);
  });

  it.each(['scheduled', 'active', 'completed', 'cancelled'] as const)(
    'takes nothing new once the session has ended, whatever the goal is: %s; what it knows it still answers',
    (state) => {
      const { outcomes, added } = count(
        { ...goal, state, progress: 5 },
        [pay('old', 5), pay('new', 5), pay('old', 6)],
        knownOf(pay('old', 5)),
        { now, sessionEnded: true },
      );
      expect(outcomes).toEqual([
        { isNew: false, progress: 5, level: 0, late: false },
        { refused: 'session_ended' },
        { refused: 'source_id_reused' },
      ]);
      expect(added).toEqual([]);
    },
  );
});

describe('count, of a funding goal', () => {
  const exp = new Date('2026-09-21T15:00:00Z');
  const funding = {
    outcome: 'open' as const,
    minimumLevel: 1,
    salesUntil: 'show_end' as const,
    hasShow: false,
    lateTickets: 0,
  };
  const funded: Progress = { ...goal, exp, progress: 12, level: 1, peakLevel: 1, funding };
  const atExp = { now: exp, sessionEnded: false };

  it.each<[string, object, object, string]>([
    ['of an unknown class', {}, { classUnknown: true, sessionEnded: true }, 'unknown_class'],
    ['whose session has ended', { state: 'cancelled' }, { sessionEnded: true }, 'session_ended'],
    ['that is cancelled', { state: 'cancelled' }, {}, 'not_active'],
    ['that is scheduled', { state: 'scheduled', nbf: new Date(exp.getTime() + 1) }, {}, 'not_active'],
    ['before its nbf', { nbf: new Date(exp.getTime() + 1) }, {}, 'outside_window'],
    ['that is underfunded', { level: 0 }, {}, 'sales_closed'],
    ['closed by an older writer before its exp', { state: 'expired', exp: null }, {}, 'not_active'],
  ])('refuses a ticket to one %s, for the first reason that there is', (_, change, moment, refused) => {
    const counted = count({ ...funded, ...change }, [pay('a', 1)], knownOf(), { ...atExp, ...moment });
    expect(counted).toMatchObject({ outcomes: [{ refused }], added: [] });
  });

  it('takes a late ticket in every state that is neither scheduled nor cancelled, and completes nothing', () => {
    for (const state of ['active', 'completed', 'expired'] as const) {
      const { outcomes, added, after } = count({ ...funded, state }, [pay('a', 99)], knownOf(), atExp);
      expect(outcomes).toEqual([{ isNew: true, progress: 12, level: 1, late: true }]);
      expect(added).toEqual([{ ...pay('a', 99), late: true }]);
      expect(after).toMatchObject({
        state,
        progress: 12,
        level: 1,
        peakLevel: 1,
        funding: { lateTickets: 99 },
      });
    }
    expect(funding.lateTickets).toBe(0);
  });

  it('takes back a late ticket from the late ones, a payment and its void in one call from nothing', () => {
    const sold = count(funded, [pay('a', 5), pay('b', 7)], knownOf(), atExp);
    const known = new Map(sold.added.map((source) => [source.source_id, source]));
    const entries = [
      { source_id: 'a', void_reason: 'charged back' },
      pay('c', 3),
      { source_id: 'c', void_reason: null },
    ];
    const { outcomes, added, voided, corrections, valid, after } = count(sold.after, entries, known, atExp);
    expect(after).toMatchObject({ progress: 12, funding: { lateTickets: 7 } });
    expect(outcomes.map((outcome) => 'isNew' in outcome && outcome.isNew)).toEqual([true, true, true]);
    expect(added).toEqual([{ ...pay('c', 3), late: true, voided_at: exp }]);
    const fate = { late: true, voided_at: exp, void_reason: 'charged back' };
    expect(voided).toEqual([{ ...pay('a', 5), ...fate }]);
    expect(corrections).toEqual([
      { source_id: 'a', delta: -5, reason: 'charged back' },
      { source_id: 'c', delta: -3, reason: null },
    ]);
    expect(valid).toEqual([]);
  });

  it('answers a payment that was voided in advance, whatever it is, and counts nothing of it', () => {
    const voided = count(funded, [{ source_id: 'a', void_reason: null }], knownOf(), atExp);
    expect(voided.added).toEqual([{ source_id: 'a', amount: 0, tombstone: true, voided_at: exp }]);
    const known = new Map(voided.added.map((source) => [source.source_id, source]));
    const paid = count(voided.after, [pay('a', 5), pay('a', 6, 'v')], known, atExp);
    const answer = { isNew: false, progress: 12, level: 1, late: false };
    expect(paid).toMatchObject({ outcomes: [answer, answer], added: [], valid: [], after: voided.after });
  });

  it.each([
    ['of an unknown class', {}, { classUnknown: true }, 'unknown_class'],
    ['that measures time', { measuresTime: true }, {}, 'measures_time'],
    ['that is settled', { funding: { ...funding, outcome: 'void' as const } }, {}, 'already_settled'],
  ])('leaves no tombstone at one %s', (_, change, moment, refused) => {
    const unseen = [{ source_id: 'a', void_reason: null }];
    const counted = count({ ...funded, ...change }, unseen, knownOf(), { ...atExp, ...moment });
    expect(counted).toMatchObject({ outcomes: [{ refused }], added: [], corrections: [] });
  });
});
