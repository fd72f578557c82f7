import { routingFaults } from './event-routes.js';

describe('routingFaults', () => {
  const handlers = [
    { name: 'track', eventTypes: ['goal.created', 'goal.expired'] },
    { name: 'feed', eventTypes: ['goal.added'] },
  ];
  const routes = {
    'goal.created': { ShowGoal: ['track'], KaraokeGoal: ['track'] },
    'goal.added': { ShowGoal: ['feed'], KaraokeGoal: [] },
    'goal.expired': { ShowGoal: ['track'] },
  };

  it('has nothing to say where table and handlers agree', () => {
    expect(routingFaults(routes, handlers)).toEqual([]);
  });

  it.each<[string, Parameters<typeof routingFaults>[0], string]>([
    [
      'a name that nobody has',
      { ...routes, 'goal.added': { ShowGoal: ['feed', 'fed'] } },
      'row ShowGoal of goal.added names fed, but no handler of that name is provided',
    ],
    [
      'a handler of another event',
      { ...routes, 'goal.added': { ShowGoal: ['feed', 'track'] } },
      'row ShowGoal of goal.added names track, which handles goal.created, goal.expired',
    ],
    [
      'a name that stands twice in a row',
      { ...routes, 'goal.added': { ShowGoal: ['feed', 'feed'] } },
      'row ShowGoal of goal.added names feed twice',
    ],
    [
      'a handler that no row names',
      { ...routes, 'goal.added': { ShowGoal: [] } },
      'the handler feed stands in no row of goal.added, so it would never run for it',
    ],
    [
      'a handler of two events that only one names',
      { ...routes, 'goal.expired': { ShowGoal: [] } },
      'the handler track stands in no row of goal.expired, so it would never run for it',
    ],
  ])('names %s', (_, table, fault) => {
    expect(routingFaults(table, handlers)).toEqual([fault]);
  });

  it('names two handlers of one name', () => {
    expect(routingFaults(routes, [...handlers, handlers[1]!])).toEqual(['two handlers are called feed']);
  });

  it('names all faults at once', () => {
    const table = { 'goal.created': { ShowGoal: ['trak'] }, 'goal.expired': { ShowGoal: ['track'] } };
    expect(routingFaults(table, handlers)).toHaveLength(3);
  });
});
