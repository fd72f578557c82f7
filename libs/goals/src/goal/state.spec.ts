import { after, afterShow, type GoalState, isOpen, isOver, stateOf, type Transition } from './rules.js';

const states: GoalState[] = ['scheduled', 'active', 'completed', 'expired', 'cancelled'];
const now = new Date('2026-09-21T14:00:00Z');
const at = (ms: number) => new Date(now.getTime() + ms);

describe('a step of a goal', () => {
  it.each<[Transition, (GoalState | undefined)[]]>([
    ['activate', ['active', undefined, undefined, undefined, undefined]],
    ['complete', [undefined, 'completed', undefined, undefined, undefined]],
    ['expire', [undefined, 'expired', undefined, undefined, undefined]],
    ['cancel', ['cancelled', 'cancelled', undefined, undefined, undefined]],
    ['finish', [undefined, 'expired', undefined, undefined, undefined]],
  ])('%s leads on from where it may', (step, reached) => {
    expect(states.map((state) => after(state, step))).toEqual(reached);
  });

  it.each(['expire', 'cancel', 'finish'] as const)('of a show, %s leaves one completed that was', (step) => {
    expect(afterShow('completed', step)).toBe('completed');
    expect(afterShow('active', step)).toBe(after('active', step));
    expect(['expired', 'cancelled'].map((state) => afterShow(state as GoalState, step))).toEqual([
      undefined,
      undefined,
    ]);
  });
});

describe('the state of a stored goal', () => {
  it('is what it says; one of an older writer says whether it is active', () => {
    for (const status of states) expect(stateOf({ status, active: false })).toBe(status);
    expect([{}, { active: true }, { active: false }].map(stateOf)).toEqual(['active', 'active', 'completed']);
  });

  it('is over once nothing changes it any more', () => {
    expect(states.filter(isOver)).toEqual(['completed', 'expired', 'cancelled']);
  });
});

describe('a goal is open', () => {
  it.each([
    ['just before its exp', { exp: at(1) }, true],
    ['at its exp', { exp: now }, false],
    ['after its exp', { exp: at(-1) }, false],
    ['with no exp', { exp: null }, true],
    ['where it never had one', {}, true],
  ])('%s', (_, window, open) => {
    for (const status of ['scheduled', 'active'] as const)
      expect(isOpen({ status, ...window }, now)).toBe(open);
  });

  it('never where it is over', () => {
    for (const status of ['completed', 'expired', 'cancelled'] as const) {
      expect(isOpen({ status, exp: at(1) }, now)).toBe(false);
      expect(isOpen({ status }, now)).toBe(false);
    }
  });
});
