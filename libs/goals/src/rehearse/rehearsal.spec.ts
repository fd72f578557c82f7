import type { Goal } from '#contracts';
import { canHappen, rehearsableEvents, rehearsalOf } from './rehearsal.js';

const goal = {
  goal_id: '0123456789abcdef0123456b',
  goal_type: 'show_funding',
  status: 'active',
  version: 3,
  levels: [{ title: 'first', target: 50 }, { target: 200 }],
  level: 0,
  peak_level: 0,
  progress: 10,
  minimum_level: 1,
  nbf: '2026-09-21T14:00:00.000Z',
  exp: null,
  conditions: { session_id: '0123456789abcdef01234568' },
} as unknown as Goal;
const context = { streamerId: '0123456789abcdef01234569', now: new Date(0) };

describe('a rehearsal', () => {
  it.each(rehearsableEvents)('of %s keeps the goal, its version and its session', (event) => {
    const before = structuredClone(goal);
    expect(rehearsalOf(event, goal, context)).toMatchObject({
      goal_id: goal.goal_id,
      version: 3,
      levels: goal.levels,
      session_id: goal.conditions.session_id,
    });
    expect(goal).toEqual(before);
  });

  it('of a level reaches the next one, and the last one again', () => {
    expect(rehearsalOf('goal.level_reached', goal, context)).toMatchObject({
      level_reached: 1,
      level: 1,
      progress: 50,
    });
    const done = { ...goal, level: 2, progress: 300 };
    expect(rehearsalOf('goal.level_reached', done, context)).toMatchObject({
      level_reached: 2,
      progress: 300,
    });
  });

  it('of a settlement is for funding goals alone', () => {
    expect(canHappen('goal.settled', goal)).toBe(true);
    expect(canHappen('goal.settled', { ...goal, goal_type: 'karaoke' })).toBe(false);
    expect(canHappen('goal.level_reached', { ...goal, goal_type: 'karaoke' })).toBe(true);
  });
});
