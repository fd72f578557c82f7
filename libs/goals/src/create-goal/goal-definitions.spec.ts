import { goalClasses } from '#contracts';
import type { DiscoveryService } from '@nestjs/core';
import { GoalsApiModule, GoalsWorkerModule } from '../goals.module.js';
import { definitionFaults, type GoalDefinitions, goalDefinitions } from './goal-definitions.js';

describe('the table of classes', () => {
  it('counts tickets towards a show, seconds in the show, and coins else', () => {
    expect(goalClasses.filter((goalClass) => goalDefinitions[goalClass].unit === 'tickets')).toEqual([
      'ShowFundingGoal',
    ]);
    expect(goalDefinitions.ShowGoal.unit).toBe('seconds');
    expect(goalClasses.filter((goalClass) => goalDefinitions[goalClass].unit === 'coins')).toHaveLength(4);
  });

  it('sets no timers for shows and karaoke', () => {
    expect(goalClasses.filter((goalClass) => !goalDefinitions[goalClass].timed)).toEqual([
      'ShowGoal',
      'KaraokeGoal',
    ]);
  });
});

describe('a table that is not whole', () => {
  const handlers = new Set<unknown>(Object.values(goalDefinitions).map(({ handler }) => handler));
  const { KaraokeGoal, ShowGoal, ShowFundingGoal, TriggerPrivateGoal } = goalDefinitions;
  const faultsWith = (changed: Partial<GoalDefinitions>, providers?: Set<unknown>) =>
    definitionFaults({ ...goalDefinitions, ...changed }, providers);

  it('is not the one that there is', () => {
    expect(definitionFaults(goalDefinitions)).toEqual([]);
    expect(definitionFaults(goalDefinitions, handlers)).toEqual([]);
  });

  it('has a command handler that nobody provides', () => {
    const left = new Set(handlers);
    left.delete(KaraokeGoal.handler);
    expect(faultsWith({}, left)).toEqual([
      'the command handler of KaraokeGoal, CreateKaraokeGoalHandler, is provided by no module',
    ]);
  });

  it('has a command handler that handles another command', () => {
    expect(faultsWith({ KaraokeGoal: { ...KaraokeGoal, handler: TriggerPrivateGoal.handler } })).toEqual([
      'CreateTriggerPrivateGoalHandler is no @CommandHandler(CreateKaraokeGoalCommand), the command of KaraokeGoal',
    ]);
  });

  it('has a slot that new sessions lack', () => {
    const slot = { kind: 'single', field: 'raffle_goal' as 'karaoke_goal' } as const;
    expect(faultsWith({ KaraokeGoal: { ...KaraokeGoal, slot } })).toEqual([
      'the slot of KaraokeGoal is raffle_goal, for which the session schema has no default',
    ]);
  });

  it.each([
    ['an api', () => new GoalsApiModule({ getProviders: () => [] } as unknown as DiscoveryService)],
    ['a worker', () => new GoalsWorkerModule()],
  ])('refuses the boot of %s', (_, module) => {
    const { slot } = KaraokeGoal;
    KaraokeGoal.slot = { kind: 'single', field: 'raffle_goal' as 'karaoke_goal' };
    try {
      expect(() => module().onModuleInit()).toThrow('the slot of KaraokeGoal is raffle_goal');
    } finally {
      KaraokeGoal.slot = slot;
    }
  });

  it('has a class that completes pairs which nobody opens', () => {
    const slot = { kind: 'opens-pair', pairs: 'exclusive_goal_pairs' } as const;
    expect(faultsWith({ ShowGoal, ShowFundingGoal: { ...ShowFundingGoal, slot } })).toEqual([
      'ShowGoal completes show_goal_pairs, but ShowFundingGoal opens no pairs there',
    ]);
  });
});
