import { routingFaults } from './routing-faults.js';

describe('routingFaults', () => {
  const receivers = [
    { name: 'track', eventTypes: ['goal.created', 'goal.expired'] },
    { name: 'feed', eventTypes: ['goal.added'] },
  ];
  const routes = {
    'goal.created': { ShowGoal: ['track'], KaraokeGoal: ['track'] },
    'goal.added': { ShowGoal: ['feed'], KaraokeGoal: [] },
    'goal.expired': { ShowGoal: ['track'] },
  };

  it('has nothing to say where table and receivers agree', () => {
    expect(routingFaults(routes, receivers)).toEqual([]);
  });

  it.each<[string, Parameters<typeof routingFaults>[0], string]>([
    [
      'a name that nobody has',
      { ...routes, 'goal.added': { ShowGoal: ['feed', 'fed'] } },
      'row ShowGoal of goal.added names fed, but no receiver of that name is provided',
    ],
    [
      'a receiver of another event',
      { ...routes, 'goal.added': { ShowGoal: ['feed', 'track'] } },
      'row ShowGoal of goal.added names track, which receives goal.created, goal.expired',
    ],
    [
      'a name that stands twice in a row',
      { ...routes, 'goal.added': { ShowGoal: ['feed', 'feed'] } },
      'row ShowGoal of goal.added names feed twice',
    ],
    [
      'a receiver that no row names',
      { ...routes, 'goal.added': { ShowGoal: [] } },
      'the receiver feed stands in no row of goal.added, so it would never run for it',
    ],
    [
      'a receiver of two events that only one names',
      { ...routes, 'goal.expired': { ShowGoal: [] } },
      'the receiver track stands in no row of goal.expired, so it would never run for it',
    ],
  ])('names %s', (_, table, fault) => {
    expect(routingFaults(table, receivers)).toEqual([fault]);
  });

  it('names two receivers of one name', () => {
    expect(routingFaults(routes, [...receivers, receivers[1]!])).toEqual(['two receivers are called feed']);
  });

  it('names all faults at once', () => {
    const table = { 'goal.created': { ShowGoal: ['trak'] }, 'goal.expired': { ShowGoal: ['track'] } };
    expect(routingFaults(table, receivers)).toHaveLength(3);
  });
});
