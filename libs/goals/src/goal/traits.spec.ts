import { goalClasses } from '#contracts';
import { goalTraits } from './traits.js';

describe('the traits of the classes', () => {
  it('count tickets towards a show, and coins else', () => {
    expect(goalClasses.filter((goalClass) => goalTraits[goalClass].unit === 'tickets')).toEqual([
      'ShowFundingGoal',
    ]);
    expect(goalClasses.filter((goalClass) => goalTraits[goalClass].unit === 'coins')).toHaveLength(5);
  });

  it('set no timers for shows and karaoke', () => {
    expect(goalClasses.filter((goalClass) => goalTraits[goalClass].untimed)).toEqual([
      'ShowGoal',
      'KaraokeGoal',
    ]);
  });
});
