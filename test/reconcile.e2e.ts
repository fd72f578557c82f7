import { type GoalClass, goalTypes } from '#contracts';
import { type Finding, Reconciler } from '#goals';
import { idFrom, newId, toObjectId } from '#platform';
import { timedBody, until } from './client.js';
import { useService } from './service.js';

const classOfType = Object.fromEntries(
  Object.entries(goalTypes).map(([goalClass, goalType]) => [goalType, goalClass]),
);

describe('reconcile', () => {
  const service = useService({ DELIVERY_ATTEMPTS: '2' });
  const { queues } = service;
  const streamer = service.client();
  let sessionId: string;

  beforeEach(async () => {
    for (const collection of ['goal', 'goal_request', 'livestream_feed'])
      await service.mongo.collection(collection).deleteMany({});
    sessionId = await streamer.openSession();
  });

  /** Runs it once, and lets the deliveries that it queued come to their end. */
  const reconcile = async (fix = false): Promise<Finding[]> => {
    const findings: Finding[] = [];
    for await (const finding of service.worker!.get(Reconciler, { strict: false }).find(new Date(), fix))
      findings.push(finding);
    await queues.settled();
    return findings;
  };
  const expectWhole = async () => expect(await reconcile()).toEqual([]);
  const update = (collection: string, id: string, change: object) =>
    service.mongo.collection(collection).updateOne({ _id: toObjectId(id) }, change);
  const inSession = (fields: object) => update('session', sessionId, { $set: fields });
  const past = () => new Date(Date.now() - 60_000);

  /** Stores a goal of this session as a worker would have, with its feed entry unless it is `unfed`. */
  const store = async (goalClass: GoalClass, fields: object = {}, unfed = false): Promise<string> => {
    const goalId = newId();
    await service.mongo.collection('goal').insertOne({
      _id: toObjectId(goalId),
      _cls: goalClass,
      active: true,
      status: 'active',
      version: 0,
      levels: [{ target: 1 }],
      conditions: { session_id: sessionId },
      context: { type: goalTypes[goalClass], session_id: sessionId },
      metadata: {},
      nbf: past(),
      exp: null,
      created_at: past(),
      ...fields,
    });
    if (!unfed)
      await service.mongo.collection('livestream_feed').insertOne({
        _id: toObjectId(idFrom('goal.added', goalId)),
        session: toObjectId(sessionId),
        goal: toObjectId(goalId),
        created_at: past(),
      });
    return goalId;
  };

  /** Creates a goal of every class, all bound. */
  async function createAll(): Promise<Record<string, string>> {
    const create = async (
      goalType: string,
      context: object,
      isBound: (goalId: string) => Promise<unknown>,
    ) => {
      const goalId = await streamer.createGoal(goalType, timedBody(sessionId, context));
      await until(() => isBound(goalId));
      return goalId;
    };
    const session = () => streamer.session(sessionId);
    const funding = await create('show_funding', {}, async () => (await session()).show_goal_pairs[0]);
    const trigger = await create(
      'trigger_exclusive',
      {},
      async () => (await session()).exclusive_goal_pairs[0],
    );
    const ids = {
      show_funding: funding,
      trigger_exclusive: trigger,
      show: await create('show', { funding_goal_id: funding }, async (goalId) => {
        return (await session()).show_goal_pairs[0]?.show_goal === goalId;
      }),
      exclusive: await create('exclusive', { trigger_exclusive_goal_id: trigger }, async (goalId) => {
        return (await session()).exclusive_goal_pairs[0]?.exclusive_goal === goalId;
      }),
      karaoke: await create('karaoke', {}, async () => (await session()).karaoke_goal),
      trigger_private: await create(
        'trigger_private',
        {},
        async () => (await session()).trigger_private_goal,
      ),
    };
    await queues.settled();
    // So that it is not the sweep which mends them.
    await service.mongo.collection('goal_request').deleteMany({});
    return ids;
  }

  it('finds and mends each binding of each class that is unset in MongoDB', async () => {
    const ids = await createAll();
    await expectWhole();
    const before = await streamer.session(sessionId);
    const pair = (first: string, second: string) => ({
      [first]: toObjectId(ids[first === 'funding_goal' ? 'show_funding' : 'trigger_exclusive']!),
      [second]: null,
    });
    const losses: [goalType: string, handler: string, lose: () => Promise<unknown>][] = [
      [
        'show',
        'bind-show-to-session',
        () => inSession({ show_goal_pairs: [pair('funding_goal', 'show_goal')] }),
      ],
      [
        'show',
        'bind-show-to-funding',
        () => update('goal', ids.show_funding!, { $unset: { 'context.show_goal_id': 1 } }),
      ],
      [
        'exclusive',
        'bind-exclusive-to-session',
        () => inSession({ exclusive_goal_pairs: [pair('trigger_goal', 'exclusive_goal')] }),
      ],
      [
        'exclusive',
        'bind-exclusive-to-trigger',
        () => update('goal', ids.trigger_exclusive!, { $unset: { 'context.exclusive_goal_id': 1 } }),
      ],
      ['karaoke', 'bind-karaoke-to-session', () => inSession({ karaoke_goal: null })],
      ['trigger_private', 'bind-private-to-session', () => inSession({ trigger_private_goal: null })],
    ];
    for (const [goalType, handler, lose] of losses) {
      await lose();
      const finding = { goal_id: ids[goalType]!, _cls: classOfType[goalType]!, missing: [handler] };
      expect(await reconcile()).toEqual([finding]);
      expect(await reconcile(true)).toEqual([finding]);
      await expectWhole();
      expect(await streamer.session(sessionId)).toEqual(before);
    }
    for (const goalType of ['show', 'exclusive'] as const) {
      const opener = await streamer.goal(ids[goalType === 'show' ? 'show_funding' : 'trigger_exclusive']!);
      expect(opener.context[`${goalType}_goal_id`]).toBe(ids[goalType]);
    }
    expect(await service.documents('livestream_feed')).toHaveLength(6);
  }, 60_000);

  it.each([
    ['show_funding', 'bind-show-to-session', 'show_goal_pairs', 'funding_goal'],
    ['trigger_exclusive', 'bind-exclusive-to-session', 'exclusive_goal_pairs', 'trigger_goal'],
  ])('finds and mends the pair of a %s goal that is gone', async (goalType, handler, pairs, place) => {
    const goalId = await streamer.createGoal(goalType, timedBody(sessionId));
    await until(async () => (await service.documents('livestream_feed')).length === 1);
    await queues.settled();
    await service.mongo.collection('goal_request').deleteMany({});
    await inSession({ [pairs]: [] });
    const finding = { goal_id: goalId, _cls: classOfType[goalType]!, missing: [handler] };
    expect(await reconcile()).toEqual([finding]);
    expect(await reconcile(true)).toEqual([finding]);
    await expectWhole();
    expect(await streamer.session(sessionId)).toMatchObject({ [pairs]: [{ [place]: goalId }] });
    expect(await service.documents('livestream_feed')).toHaveLength(1);
  });

  it('finds and mends the feed entry of each class, though Redis remembers that it was made', async () => {
    const ids = await createAll();
    for (const [goalType, goalId] of Object.entries(ids)) {
      await service.mongo.collection('livestream_feed').deleteOne({ goal: toObjectId(goalId) });
      const finding = { goal_id: goalId, _cls: classOfType[goalType]!, missing: ['feed'] };
      expect(await reconcile()).toEqual([finding]);
      expect(await reconcile(true)).toEqual([finding]);
      await expectWhole();
    }
    expect(await service.documents('livestream_feed')).toHaveLength(6);
  }, 60_000);

  describe.each([
    ['KaraokeGoal', 'karaoke_goal'],
    ['TriggerPrivateGoal', 'trigger_private_goal'],
  ] as const)('of %s', (goalClass, place) => {
    it('leaves a place alone that passed on, though both goals are past their exp and show no end', async () => {
      const first = await store(goalClass, { exp: past() });
      const second = await store(goalClass, { exp: past() });
      await inSession({ [place]: toObjectId(second) });
      expect(await reconcile(true)).toEqual([]);
      expect((await streamer.session(sessionId))[place]).toBe(second);
      await inSession({ [place]: toObjectId(first) });
      expect(await reconcile(true)).toEqual([]);
      expect((await streamer.session(sessionId))[place]).toBe(first);
    });

    it.each([
      ['completed', { status: 'completed', active: false }],
      ['expired', { status: 'expired', active: false }],
      ['cancelled', { status: 'cancelled', active: false, cancel_reason: 'cancelled' }],
      ['of an older writer, over', { status: undefined, active: false }],
      ['past its exp', { exp: past() }],
    ])('binds no goal again that is %s, and mends its feed', async (_, fields) => {
      const goalId = await store(goalClass, fields, true);
      expect(await reconcile(true)).toEqual([{ goal_id: goalId, _cls: goalClass, missing: ['feed'] }]);
      await expectWhole();
    });

    it('gives the place of a goal past its exp, or of none, to one that is open', async () => {
      const over = await store(goalClass, { exp: past() });
      const open = await store(goalClass);
      for (const held of [over, newId()]) {
        await inSession({ [place]: toObjectId(held) });
        expect(await reconcile(true)).toMatchObject([{ goal_id: open }]);
        expect((await streamer.session(sessionId))[place]).toBe(open);
        await expectWhole();
      }
    });

    it('shows the second of two open goals as failed, and rests', async () => {
      const standing = await store(goalClass);
      const other = await store(goalClass);
      await inSession({ [place]: toObjectId(standing) });
      expect(await reconcile(true)).toMatchObject([{ goal_id: other }]);
      await until(async () => (await streamer.goal(other)).status === 'failed');
      expect(await reconcile(true)).toEqual([]);
      expect((await streamer.session(sessionId))[place]).toBe(standing);
    });
  });

  it('leaves out each goal that cannot be read, and mends all others', async () => {
    const bad: [fault: string, fields: object][] = [
      ['an id of another type', { _id: 'karaoke-7' }],
      ['no conditions', { conditions: null }],
      ['a session_id that is none', { conditions: { session_id: 7 } }],
      ['no session_id', { conditions: {} }],
      ['no context', { context: null }],
      ['an opener that is no id', { context: { type: 'show', funding_goal_id: 'x' } }],
      ['no class', { _cls: 7 }],
      ['an exp of another type', { exp: 'tomorrow' }],
    ];
    for (const [, fields] of bad) await store('KaraokeGoal', fields, true);
    // What a class of a later release has to have is not for this one to say.
    await store('KaraokeGoal', { _cls: 'FutureGoal' }, true);
    // More than a batch of them stand before the good ones.
    const { _id, ...document } = (await service.documents('goal', { _id: 'karaoke-7' as never }))[0]!;
    await service.mongo.collection('goal').insertMany(
      Array.from({ length: 500 }, (_, index) => ({
        ...document,
        _id: `${_id as string}-${index}` as never,
      })),
    );
    const good = await store('KaraokeGoal');
    const sound = (findings: Finding[]) => findings.filter(({ error }) => error === undefined);
    const findings = await reconcile(true);
    expect(sound(findings)).toMatchObject([{ goal_id: good, missing: ['bind-karaoke-to-session'] }]);
    expect(findings).toHaveLength(bad.length + 500 + 1);
    expect(findings).toContainEqual({
      goal_id: 'karaoke-7',
      _cls: 'KaraokeGoal',
      missing: [],
      error: expect.stringContaining('toHexString'),
    });
    expect((await streamer.session(sessionId)).karaoke_goal).toBe(good);
    expect(sound(await reconcile(true))).toEqual([]);
  });

  it.each(Object.keys(goalTypes) as GoalClass[])(
    'comes to rest with a %s whose session is gone, in whatever state',
    async (goalClass) => {
      const opener = { show: 'funding_goal_id', exclusive: 'trigger_exclusive_goal_id' }[
        goalTypes[goalClass] as string
      ];
      const context = () => ({
        type: goalTypes[goalClass],
        session_id: sessionId,
        ...(opener && { [opener]: newId() }),
      });
      for (const status of ['scheduled', 'active', 'completed', 'expired', 'cancelled'])
        await store(goalClass, { status, active: status === 'active', context: context() }, true);
      const bound = await store(goalClass, { exp: past(), context: context() }, true);
      await service.redis.hset(`${service.prefix}:ledger:${idFrom('goal.created', bound)}`, {
        'bind-karaoke-to-session': '',
        'bind-private-to-session': '',
      });
      await service.mongo.collection('session').deleteOne({ _id: toObjectId(sessionId) });
      await reconcile(true);
      expect(await reconcile(true)).toEqual([]);
    },
  );
});
