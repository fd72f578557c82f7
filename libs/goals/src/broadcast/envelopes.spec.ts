import type { GoalEventType } from '#contracts';
import { versionOf } from './broadcast.handler.js';

const life: [GoalEventType, { version: number; level_reached?: number }][] = [
  ['goal.created', { version: 0 }],
  ['goal.added', { version: 0 }],
  ['goal.activated', { version: 1 }],
  ['goal.level_reached', { version: 2, level_reached: 1 }],
  ['goal.level_reached', { version: 2, level_reached: 20 }],
  ['goal.progressed', { version: 2 }],
  ['goal.completed', { version: 2 }],
  ['goal.failed', { version: 3 }],
  ['goal.added', { version: 3 }],
];

it('the versions of events rise along the life of a goal', () => {
  const versions = life.map(([type, data]) => versionOf(type, data));
  expect(versions).toEqual([...new Set(versions)].toSorted((one, other) => one - other));
});
