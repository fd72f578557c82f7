import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Goal, Session } from '#contracts';
import { newId } from '#platform';
import { type Client, showBody, timedBody, until } from './client.js';
import { type PythonEnv, pythonPackages } from './python-packages.js';
import { useService } from './service.js';

const pinned = ['mongoengine==0.29.3', 'pymongo==4.20.0', 'dnspython==2.9.2'];
const python = await pythonPackages('mongoengine', pinned);
if (typeof python === 'string') process.stdout.write(`documents of MongoEngine: skipped, as ${python}\n`);

type Written = Record<
  'user' | 'session' | 'free' | 'taken' | 'show' | 'trigger' | 'karaoke' | 'owner',
  string
>;
type Stored = Record<string, unknown>;

const run = promisify(execFile);
const describeWithPython = typeof python === 'string' ? describe.skip : describe;

describeWithPython.each([
  ['path', 'dbref'],
  ['path', 'id'],
  ['name', 'dbref'],
  ['name', 'id'],
])('documents of MongoEngine: _cls as %s, references as %s', (form, references) => {
  const service = useService({}, { sink: true, apps: ['worker'], perTest: true });
  const { sink: pusher } = service;
  let old: Written;
  let streamer: Client;
  let before: Map<string, Stored>;

  const mongoengine = async <Answer>(command: string): Promise<Answer> => {
    const args = ['test/mongoengine/documents.py', command, service.config.mongo.url, form, references];
    const env = { PATH: process.env.PATH, PYTHONDONTWRITEBYTECODE: '1', ...(python as PythonEnv) };
    return JSON.parse((await run('python3', args, { env })).stdout) as Answer;
  };
  /** Every document as it is stored, by its id. */
  const everything = async () => {
    const all = await Promise.all(
      ['goal', 'session', 'user', 'goal_contribution'].map((name) => service.documents(name)),
    );
    return new Map(all.flat().map((document) => [String(document._id), document]));
  };

  beforeEach(async () => {
    old = await mongoengine<Written>('write');
    before = await everything();
    await service.startApi();
    streamer = service.client(old.user);
  });

  it('are shown, with defaults for what they lack', async () => {
    const classes = before.get(old.show)!._cls;
    expect(classes).toBe(form === 'path' ? 'Goal.ShowGoal' : 'ShowGoal');
    expect(JSON.stringify(before.get(old.session)!.user)).toBe(
      references === 'dbref' ? JSON.stringify({ $ref: 'user', $id: old.user }) : `"${old.user}"`,
    );
    expect(await streamer.session(old.session)).toMatchObject({
      user: old.user,
      active: true,
      show_goal_pairs: [
        { funding_goal: old.free, show_goal: null },
        { funding_goal: old.taken, show_goal: old.show },
      ],
      exclusive_goal_pairs: [{ trigger_goal: old.trigger, exclusive_goal: null }],
      karaoke_goal: old.karaoke,
      trigger_private_goal: null,
      rtc_sources: [],
    } satisfies Partial<Session>);
    const { body } = await streamer.get<{ items: Goal[] }>(`/sessions/${old.session}/goals`);
    expect(body.items.map(({ goal_id, _cls, status }) => [goal_id, _cls, status])).toEqual([
      [old.free, 'ShowFundingGoal', 'active'],
      [old.taken, 'ShowFundingGoal', 'completed'],
      [old.show, 'ShowGoal', 'active'],
      [old.trigger, 'TriggerExclusiveGoal', 'active'],
      [old.karaoke, 'KaraokeGoal', 'active'],
    ]);
    expect(await streamer.goal(old.free)).toMatchObject({ version: 0, level: 0, progress: 0, metadata: {} });
    expect(await everything()).toEqual(before);
  });

  it('take a show goal, an exclusive goal and contributions, and keep all else as it was', async () => {
    const payments = service.client(newId(), ['service']);
    const gift = { source_id: 'new-payment', user_id: newId(), amount: 7 };
    const counted = await payments.post(`/goals/${old.free}/contributions`, gift);
    const answer = { goal_id: old.free, progress: 7, level: 1, late: false };
    expect([counted.status, counted.body]).toEqual([201, answer]);
    const show = await streamer.createGoal('show', showBody(old.session, old.free));
    const exclusive = await streamer.createGoal(
      'exclusive',
      timedBody(old.session, { trigger_exclusive_goal_id: old.trigger }),
    );
    await until(async () => {
      const { show_goal_pairs, exclusive_goal_pairs } = await streamer.session(old.session);
      return show_goal_pairs[0]!.show_goal === show && exclusive_goal_pairs[0]!.exclusive_goal === exclusive;
    });
    await until(async () => (await streamer.goal(old.free)).context.show_goal_id === show);
    // Published last of all: by then nothing writes to the goal any more.
    await until(async () => pusher.accepted.some(({ name }) => name === 'goal.progressed'));
    await until(async () => !('unpublished' in (await everything()).get(old.free)!));

    const after = await everything();
    const { _id: _, ...session } = before.get(old.session)!;
    const [free, taken] = session.show_goal_pairs as Stored[];
    const [trigger] = session.exclusive_goal_pairs as Stored[];
    expect(JSON.parse(JSON.stringify(after.get(old.session)))).toEqual(
      JSON.parse(
        JSON.stringify({
          _id: old.session,
          ...session,
          show_goal_pairs: [{ ...free, show_goal: show }, taken],
          exclusive_goal_pairs: [{ ...trigger, exclusive_goal: exclusive }],
        }),
      ),
    );
    const funding = before.get(old.free)!;
    expect(after.get(old.free)).toEqual({
      ...funding,
      context: { ...(funding.context as object), show_goal_id: show },
      progress: 7,
      late_tickets: 0,
      level: 1,
      peak_level: 1,
      published_level: 1,
      published: { progress: 7, level: 1, late_tickets: 0, state: 'paused' },
      // The show has ended its countdown.
      status: 'expired',
      active: false,
      outcome: 'funded',
      accepted_show: { goal_id: show, at: expect.any(Date) },
      ended_at: expect.any(Date),
      countdown_ended_at: expect.any(Date),
      settle_by: expect.any(Date),
      version: expect.any(Number),
    });
    const untouched = [old.user, old.taken, old.show, old.karaoke];
    expect(untouched.map((id) => after.get(id))).toEqual(untouched.map((id) => before.get(id)));
    expect(await mongoengine('read')).toMatchObject({
      user: 'streamer',
      pairs: [
        [old.free, show],
        [old.taken, old.show],
      ],
      karaoke: old.karaoke,
      classes: { [old.free]: 'ShowFundingGoal', [old.show]: 'ShowGoal' },
    });
  });

  it('stand in the way of others, and let their ticket owners in', async () => {
    const second = await streamer.post('/goals?goal_type=show', showBody(old.session, old.taken));
    expect([second.status, second.body.code, second.body.goal_id]).toEqual([409, 'already_bound', old.show]);
    const karaoke = await streamer.post('/goals?goal_type=karaoke', timedBody(old.session));
    expect([karaoke.status, karaoke.body.goal_id]).toEqual([409, old.karaoke]);
    const mine = (viewer: string) => ({
      socket_id: '1.1',
      channel_name: `presence-enc-stream-viewer@${old.user}.sd.${viewer}`,
    });
    const joins = async (viewer: string) =>
      (await service.client(viewer, []).post('/pusher/auth', mine(viewer))).status;
    expect([await joins(old.owner), await joins(newId())]).toEqual([200, 403]);
    const { body } = await streamer.get(`/goals/${old.free}/leaderboard`);
    expect(body.items).toEqual([{ rank: 1, user_id: old.owner, anonymous: false, amount: 3 }]);
  });
});
