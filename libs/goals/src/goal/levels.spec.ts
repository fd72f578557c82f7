import { levelFaults, levelLimits } from './rules.js';

const levels = (...targets: number[]) => targets.map((target) => ({ target }));
const pointersOf = (...targets: number[]) => levelFaults(levels(...targets)).map(({ pointer }) => pointer);

it('has limits for levels, as many as a screen shows', () => {
  expect(levelLimits).toEqual({ levels: 20, title: 60, target: 1_000_000_000_000 });
});

describe('levelFaults', () => {
  it('has nothing against one level, nor against targets that rise', () => {
    expect(pointersOf(5)).toEqual([]);
    expect(pointersOf(1, 2, 1e12)).toEqual([]);
  });

  it('names a target that falls or stays', () => {
    expect(levelFaults(levels(5, 5))).toEqual([
      { pointer: '/levels/1/target', detail: 'must be more than the target before it, 5' },
    ]);
    expect(pointersOf(5, 4)).toEqual(['/levels/1/target']);
  });

  it('names each of them, by the target right before it', () => {
    expect(pointersOf(3, 2, 1)).toEqual(['/levels/1/target', '/levels/2/target']);
    expect(pointersOf(1, 9, 3, 4)).toEqual(['/levels/2/target']);
  });
});
