import { UnknownJobError } from '#platform';
import { Types } from 'mongoose';
import type { GoalRecord } from './goal.schema.js';
import { classOf, createdAt, knownClassOf, opensAt, toGoal } from './goal.view.js';

const _id = new Types.ObjectId('6b0000000000000000000001');
const born = _id.getTimestamp();
const invalid = new Date(Number.NaN);
const bare = {
  _id,
  _cls: 'ShowFundingGoal',
  conditions: { session_id: 's' },
  context: { type: 'show_funding', session_id: 's' },
} as GoalRecord;
const goalWith = (fields: object) => toGoal({ ...bare, ...fields });

describe('the class of a stored goal', () => {
  it.each([
    ['ShowGoal', 'ShowGoal'],
    ['Goal.ShowGoal', 'ShowGoal'],
    ['Goal.Timed.KaraokeGoal', 'KaraokeGoal'],
    ['FutureGoal', undefined],
    ['Goal.', undefined],
    ['ShowGoal.x', undefined],
  ])('%s is read as %s', (_cls, goalClass) => {
    expect(classOf({ _cls })).toBe(goalClass);
  });

  it('has to be known where nothing can be done without it', () => {
    expect(knownClassOf({ _cls: 'Goal.ExclusiveGoal' })).toBe('ExclusiveGoal');
    expect(() => knownClassOf({ _cls: 'FutureGoal' })).toThrow(UnknownJobError);
    expect(() => knownClassOf({ _cls: 'FutureGoal' })).toThrow('no goal class is called FutureGoal');
  });
});

describe('the dates of a stored goal', () => {
  const created_at = new Date('2026-01-02T03:04:05Z');
  const nbf = new Date('2026-02-02T03:04:05Z');

  it('are those it has', () => {
    expect(createdAt({ _id, created_at })).toBe(created_at);
    expect(opensAt({ _id, created_at, nbf })).toBe(nbf);
  });

  it('are told by its id and its creation where it has none, or none that is a date', () => {
    for (const lacking of [undefined, invalid, 'soon' as unknown as Date]) {
      expect(createdAt({ _id, created_at: lacking })).toEqual(born);
      expect(opensAt({ _id, created_at, nbf: lacking })).toBe(created_at);
    }
    expect(opensAt({ _id })).toEqual(born);
  });
});

describe('a stored goal as it is answered', () => {
  it('has a default for what an older document lacks', () => {
    expect(goalWith({})).toEqual({
      goal_id: '6b0000000000000000000001',
      goal_type: 'show_funding',
      _cls: 'ShowFundingGoal',
      status: 'active',
      active: true,
      version: 0,
      levels: [],
      level: 0,
      peak_level: 0,
      progress: 0,
      unit: 'tickets',
      conditions: { session_id: 's' },
      context: { type: 'show_funding', session_id: 's' },
      metadata: {},
      nbf: born.toISOString(),
      exp: null,
      completed_at: null,
      created_at: born.toISOString(),
      minimum_level: 1,
      sales_until: 'show_end',
      show: null,
      outcome: 'open',
      void_reason: null,
      late_tickets: 0,
      settle_by: null,
      settled_at: null,
      delivered: null,
      performance: null,
    });
  });

  it('has nothing of a funding goal if it is of another class, whatever the document says', () => {
    const fields = { minimum_level: 2, outcome: 'funded', settled_at: born, late_tickets: 5 };
    expect(goalWith({ ...fields, _cls: 'KaraokeGoal', delivered: true })).toMatchObject({
      minimum_level: null,
      sales_until: null,
      outcome: null,
      void_reason: null,
      late_tickets: null,
      settle_by: null,
      settled_at: null,
      delivered: null,
    });
  });

  it('is what the document says', () => {
    const exp = new Date('2026-03-01T00:00:00Z');
    const fields = {
      active: false,
      version: 7,
      levels: [{ target: 5 }],
      level: 1,
      progress: 6,
      metadata: { user_id: 'u' },
    };
    expect(goalWith({ ...fields, exp, status: 'completed', _cls: 'Goal.ShowGoal' })).toMatchObject({
      ...fields,
      exp: exp.toISOString(),
      status: 'completed',
      _cls: 'ShowGoal',
      goal_type: 'show',
      unit: 'coins',
      context: { type: 'show', session_id: 's' },
    });
  });

  it('is failed where a delivery died, and says the first reason', () => {
    const failures = [
      { handler: 'feed', reason: 'no room' },
      { handler: 'track', reason: 'gone' },
    ];
    expect(goalWith({ failures, cancel_reason: 'cancelled' })).toMatchObject({
      status: 'failed',
      reason: 'feed: no room',
    });
    expect(goalWith({ failures: [] })).toMatchObject({ status: 'active' });
    expect(goalWith({ failures: [] })).not.toHaveProperty('reason');
  });

  it('says why it was cancelled', () => {
    expect(goalWith({ status: 'cancelled', cancel_reason: 'session_ended' })).toMatchObject({
      status: 'cancelled',
      reason: 'session_ended',
    });
  });

  it('is shown by what can be read of it where its class is not known', () => {
    const goal = goalWith({
      _cls: 'FutureGoal',
      context: undefined,
      conditions: undefined,
      levels: 'three',
      exp: invalid,
    });
    expect(goal).toMatchObject({
      goal_type: null,
      _cls: 'FutureGoal',
      unit: null,
      context: { type: null },
      conditions: {},
      levels: [],
      exp: null,
    });
  });
});
