import { type GoalClass, type GoalType, goalTypes, type Session } from '#contracts';
import { idFrom } from '#platform';
import { showBody, timedBody, until } from './client.js';
import { useService } from './service.js';

/** What the design says, not what the table says: the table is what is tested. */
const handlersOf: Record<GoalClass, string[]> = {
  ShowGoal: ['bind-show-to-funding', 'bind-show-to-session', 'event-log', 'schedule-show-end', 'track'],
  ShowFundingGoal: ['bind-show-to-session', 'event-log', 'schedule-lifecycle', 'track'],
  KaraokeGoal: ['bind-karaoke-to-session', 'event-log', 'track'],
  ExclusiveGoal: [
    'bind-exclusive-to-session',
    'bind-exclusive-to-trigger',
    'event-log',
    'schedule-lifecycle',
    'snapshot-rtc-sources',
    'track',
  ],
  TriggerExclusiveGoal: ['bind-exclusive-to-session', 'event-log', 'schedule-lifecycle', 'track'],
  TriggerPrivateGoal: ['bind-private-to-session', 'event-log', 'schedule-lifecycle', 'track'],
};

const screens = ['channel-cache', 'event-log', 'feed', 'notify'];

/** Where the session shows a goal of each class. */
const boundAt: Record<GoalType, (session: Session) => (string | null | undefined)[]> = {
  show: ({ show_goal_pairs }) => show_goal_pairs.map(({ show_goal }) => show_goal),
  show_funding: ({ show_goal_pairs }) => show_goal_pairs.map(({ funding_goal }) => funding_goal),
  karaoke: ({ karaoke_goal }) => [karaoke_goal],
  exclusive: ({ exclusive_goal_pairs }) => exclusive_goal_pairs.map(({ exclusive_goal }) => exclusive_goal),
  trigger_exclusive: ({ exclusive_goal_pairs }) =>
    exclusive_goal_pairs.map(({ trigger_goal }) => trigger_goal),
  trigger_private: ({ trigger_private_goal }) => [trigger_private_goal],
};

describe('every class of goal', () => {
  const service = useService();
  const streamer = service.client();

  const create = async (goalType: GoalType): Promise<{ goalId: string; sessionId: string }> => {
    if (goalType === 'show') {
      const { sessionId, fundingGoalId } = await streamer.openFundedSession();
      return { sessionId, goalId: await streamer.createGoal('show', showBody(sessionId, fundingGoalId)) };
    }
    const sessionId = await streamer.openSession();
    if (goalType !== 'exclusive')
      return { sessionId, goalId: await streamer.createGoal(goalType, timedBody(sessionId)) };
    const trigger = await streamer.createGoal('trigger_exclusive', timedBody(sessionId));
    await until(async () => (await streamer.session(sessionId)).exclusive_goal_pairs.length > 0);
    const body = timedBody(sessionId, { trigger_exclusive_goal_id: trigger });
    return { sessionId, goalId: await streamer.createGoal('exclusive', body) };
  };

  const ran = async (event: string, goalId: string): Promise<string[]> =>
    (await service.redis.hkeys(`${service.prefix}:ledger:${idFrom(event, goalId)}`)).toSorted();

  it.each(Object.entries(goalTypes))(
    '%s ends bound, fed, pushed and tracked, by its own handlers alone',
    async (goalClass, goalType) => {
      const { goalId, sessionId } = await create(goalType);
      await until(async () => boundAt[goalType](await streamer.session(sessionId)).includes(goalId));

      const added = goalType === 'show' ? ['authorize', ...screens] : screens;
      await until(async () => (await ran('goal.added', goalId)).length >= added.length);
      expect(await ran('goal.added', goalId)).toEqual(added);
      const created = handlersOf[goalClass as GoalClass];
      await until(async () => (await ran('goal.created', goalId)).length >= created.length);
      expect(await ran('goal.created', goalId)).toEqual(created);

      await until(
        async () =>
          (await service.documents('analytics_event', { goal_id: goalId, event: 'goal.created' })).length,
      );
      const { body } = await streamer.get<{ items: { goal_id: string; goal_type: string }[] }>(
        `/sessions/${sessionId}/feed`,
      );
      expect(body.items.filter((entry) => entry.goal_id === goalId)).toEqual([
        expect.objectContaining({ type: 'goal.added', goal_type: goalType, _cls: goalClass }),
      ]);
      const pushed = await service.redis.lrange(`${service.prefix}:realtime:recorded`, 0, -1);
      expect(pushed.filter((line) => line.includes('goal.added') && line.includes(goalId))).toHaveLength(1);

      const goal = await streamer.goal(goalId);
      expect(goal).toMatchObject({ goal_type: goalType, _cls: goalClass, status: 'active', active: true });
    },
  );

  it('an exclusive goal stands in one pair with its trigger goal, which names it', async () => {
    const { goalId, sessionId } = await create('exclusive');
    await until(async () => (await streamer.session(sessionId)).exclusive_goal_pairs[0]?.exclusive_goal);
    const { exclusive_goal_pairs } = await streamer.session(sessionId);
    expect(exclusive_goal_pairs).toEqual([{ trigger_goal: expect.any(String), exclusive_goal: goalId }]);
    const trigger = exclusive_goal_pairs[0]!.trigger_goal!;
    await until(async () => (await streamer.goal(trigger)).context.exclusive_goal_id === goalId);
  });

  it.each(['karaoke', 'trigger_private'] as const)(
    'a session has one %s goal at a time',
    async (goalType) => {
      const { goalId, sessionId } = await create(goalType);
      await until(async () => boundAt[goalType](await streamer.session(sessionId)).includes(goalId));
      const second = await streamer.post(`/goals?goal_type=${goalType}`, timedBody(sessionId));
      expect(second).toMatchObject({ status: 409, body: { code: 'already_bound', goal_id: goalId } });

      expect((await streamer.send('DELETE', `/goals/${goalId}`)).status).toBe(200);
      const third = await streamer.createGoal(goalType, timedBody(sessionId));
      await until(async () => boundAt[goalType](await streamer.session(sessionId)).includes(third));
    },
  );

  it('a karaoke goal that is past its exp leaves its place to the next', async () => {
    const sessionId = await streamer.openSession();
    const exp = new Date(Date.now() + 3_000).toISOString();
    const first = await streamer.createGoal('karaoke', timedBody(sessionId, {}, { exp }));
    await until(async () => boundAt.karaoke(await streamer.session(sessionId)).includes(first));
    const early = await streamer.post('/goals?goal_type=karaoke', timedBody(sessionId));
    expect(early).toMatchObject({ status: 409, body: { code: 'already_bound', goal_id: first } });
    await until(async () => Date.now() > Date.parse(exp) + 100);
    const next = await streamer.createGoal('karaoke', timedBody(sessionId));
    await until(async () => boundAt.karaoke(await streamer.session(sessionId)).includes(next));
    expect((await streamer.goal(next)).status).toBe('active');
  });

  it.each(['karaoke', 'trigger_private'])('of many racing %s goals one is accepted', async (goalType) => {
    const sessionId = await streamer.openSession();
    const answers = await Promise.all(
      Array.from({ length: 16 }, () => streamer.post(`/goals?goal_type=${goalType}`, timedBody(sessionId))),
    );
    expect(answers.filter(({ status }) => status === 202)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(15);
  });

  it('of many racing exclusive goals of one trigger one is accepted', async () => {
    const sessionId = await streamer.openSession();
    const trigger = await streamer.createGoal('trigger_exclusive', timedBody(sessionId));
    await until(async () => (await streamer.session(sessionId)).exclusive_goal_pairs.length > 0);
    const body = timedBody(sessionId, { trigger_exclusive_goal_id: trigger });
    const answers = await Promise.all(
      Array.from({ length: 16 }, () => streamer.post('/goals?goal_type=exclusive', body)),
    );
    expect(answers.filter(({ status }) => status === 202)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(15);
  });
});
