import { newId } from '#platform';
import { useService } from './service.js';
import { ShowScene } from './show-scene.js';
import { until } from './client.js';

const inMs = (ms: number) => new Date(Date.now() + ms);

describe('the performed time of a show', () => {
  const service = useService({ PERFORMANCE_SILENCE_SECONDS: '3' });
  let scene: ShowScene;

  beforeEach(() => {
    scene = new ShowScene(service);
  });

  /** A show that could have begun a minute ago. */
  const opened = (targets: number[], fields: object = {}) =>
    scene.open(targets, () => ({ nbf: inMs(-60_000).toISOString(), ...fields }));
  const progressed = async () =>
    (await scene.published())
      .filter(({ name }) => name === 'goal.progressed')
      .map(({ data }) => data.progress);

  it('is the union of what is reported, in whatever order and however often', async () => {
    expect(await opened([4, 100])).toMatchObject({ unit: 'seconds', performance: 'paused', progress: 0 });
    const begin = Date.parse((await scene.goal()).nbf);
    const at = (seconds: number) => new Date(begin + seconds * 1000);
    const reports = [
      ['live', 1],
      ['live', 3.5],
      ['paused', 5],
      ['live', 20],
      ['live', 30],
      ['paused', 32.25],
      ['live', 40],
      ['paused', 40],
    ] as const;
    // Of [1, 5) and [30, 32.25); from 20 on nothing was heard in time.
    const shuffled = [6, 2, 4, 0, 7, 5, 3, 1, 1, 4].map((index) => [index, reports[index]!] as const);
    let last: unknown;
    for (const [index, [state, seconds]] of shuffled) {
      const answer = await scene.report(state, at(seconds), `report-${index}`);
      expect(answer.status).toBe(200);
      last = answer.body;
    }
    expect(last).toEqual({ goal_id: scene.goalId, state: 'paused', progress: 6, level: 1 });
    expect(await scene.goal()).toMatchObject({ progress: 6, level: 1, performance: 'paused' });
    expect(await service.documents('performance_report')).toHaveLength(reports.length);
    await scene.says('goal.level_reached');
  });

  it('runs on in reads, reaches levels on time, and does not end at the last one', async () => {
    await opened([1, 2]);
    const before = Date.now();
    const answer = await scene.report('live');
    expect(answer).toMatchObject({ status: 200, body: { state: 'live', progress: 0, level: 0 } });
    const first = await scene.becomes({ level: 1 });
    expect(first).toMatchObject({ performance: 'live', status: 'active', progress: 1 });
    await until(async () => (await scene.stored()).status === 'completed');
    const { completed_at } = (await scene.stored()) as { completed_at: Date };
    expect(completed_at.getTime() - before).toBeGreaterThanOrEqual(2_000);
    expect(completed_at.getTime() - before).toBeLessThan(3_000);
    await scene.report('live');
    await until(async () => (await scene.goal()).progress >= 3);
    expect(await scene.report('paused')).toMatchObject({ status: 200, body: { state: 'paused', level: 2 } });
    expect(await scene.goal()).toMatchObject({ status: 'completed', delivered: null, performance: 'paused' });
    await until(async () => (await progressed()).some((progress) => progress >= 3));
    const names = (await scene.published()).map(({ name }) => name);
    expect(names.filter((name) => name === 'goal.level_reached')).toHaveLength(2);
    expect(names.filter((name) => name === 'goal.completed')).toHaveLength(1);
    expect(await scene.finish()).toMatchObject({ body: { status: 'completed', delivered: true } });
  });

  it('counts nothing since the last report if no other comes in time, and is counted again if one does come late', async () => {
    await opened([2, 100]);
    const begun = Date.now();
    await scene.report('live', new Date(begun));
    await scene.becomes({ level: 1 });
    // Nobody has said that it goes on.
    await scene.becomes({ performance: 'paused' });
    expect(await scene.goal()).toMatchObject({ progress: 0, level: 0, peak_level: 1 });
    await until(async () => (await progressed()).at(-1) === 0);
    expect(await scene.stored()).toMatchObject({ performance: { state: 'paused', silent: true } });
    const late = await scene.report('paused', new Date(begun + 2_500));
    expect(late).toMatchObject({ status: 200, body: { state: 'paused', progress: 2, level: 1 } });
    const reached = (await scene.published()).filter(({ name }) => name === 'goal.level_reached');
    expect(reached).toHaveLength(1);
  });

  it('counts up to the end, and no report after it', async () => {
    await opened([1, 100]);
    await scene.report('live', inMs(-1_500));
    const { body } = await scene.finish();
    expect(body).toMatchObject({
      status: 'expired',
      progress: 1,
      level: 1,
      delivered: true,
      performance: 'paused',
    });
    expect(await scene.report('paused')).toMatchObject({ status: 409, body: { code: 'goal_over' } });
    const names = await scene.says('goal.expired');
    expect(names.indexOf('goal.level_reached')).toBeLessThan(names.indexOf('goal.expired'));
    expect(names).toContain('goal.level_reached');
    expect((await scene.goal()).progress).toBe(1);
  });

  it('is at most up to exp', async () => {
    await scene.open([1], () => ({ nbf: inMs(-60_000).toISOString(), exp: inMs(2_500).toISOString() }));
    const exp = Date.parse((await scene.goal()).exp!);
    await scene.report('live', new Date(exp - 2_500));
    const ended = await scene.becomes({ delivered: true });
    expect(ended).toMatchObject({ progress: 2, status: 'completed', performance: 'paused' });
  });

  it('is told at most once a second', async () => {
    await opened([1_000]);
    const begun = inMs(-50_000).getTime();
    const since = Date.now();
    for (let index = 0; index < 40; index++)
      await scene.report(index % 2 ? 'paused' : 'live', new Date(begun + index * 1_000));
    const seconds = (Date.now() - since) / 1000;
    await until(async () => (await progressed()).at(-1) === 20);
    expect((await progressed()).length).toBeLessThanOrEqual(Math.ceil(seconds) + 1);
  });

  it('is refused outside of the window, ahead of time, and with a source that said something else', async () => {
    const { nbf } = await opened([10], { exp: inMs(60_000).toISOString() });
    const fault = { status: 422, body: { errors: [{ pointer: '/at' }] } };
    expect(await scene.report('live', new Date(Date.parse(nbf) - 1))).toMatchObject(fault);
    expect(await scene.report('live', inMs(60_000))).toMatchObject(fault);
    expect(await scene.report('live', inMs(8_000))).toMatchObject(fault);
    expect(await scene.report('live', inMs(3_000), 'ahead')).toMatchObject({ body: { state: 'live' } });
    const at = new Date(Date.parse(nbf) + 1_000);
    expect((await scene.report('paused', at, 'said')).status).toBe(200);
    const reused = { status: 409, body: { code: 'source_id_reused' } };
    expect(await scene.report('live', at, 'said')).toMatchObject(reused);
    expect(await scene.report('paused', new Date(at.getTime() + 1), 'said')).toMatchObject(reused);
    expect((await scene.report('paused', undefined, 'said')).status).toBe(200);
    const bodies = [{}, { source_id: 'a', state: 'gone' }, { source_id: 'a', state: 'live', at: 'soon' }];
    for (const body of bodies)
      expect((await scene.platform.post(`/goals/${scene.goalId}/performance`, body)).status).toBe(422);
  });

  it('is of shows in seconds alone, which run', async () => {
    await scene.open([10], { unit: 'coins' });
    expect(await scene.report('live')).toMatchObject({ status: 409, body: { code: 'takes_no_performance' } });
    scene.goalId = scene.fundingGoalId;
    expect(await scene.report('live')).toMatchObject({ status: 409, body: { code: 'not_a_show' } });
    scene.goalId = newId();
    expect(await scene.report('live')).toMatchObject({ status: 404, body: { code: 'goal_not_found' } });
    await scene.open([10]);
    await service.queues.of('end_session').pause();
    try {
      await scene.streamer.post(`/sessions/${scene.sessionId}/end`);
      expect(await scene.report('live')).toMatchObject({ status: 409, body: { code: 'session_ended' } });
    } finally {
      await service.queues.of('end_session').resume();
    }
    await scene.becomes({ status: 'cancelled', delivered: false });
  });
});

describe('a live show whose jobs are lost', () => {
  const service = useService({ SWEEP_INTERVAL_MS: '300', PERFORMANCE_SILENCE_SECONDS: '4' });

  it('reaches its levels and its end by the sweeps', async () => {
    const scene = new ShowScene(service);
    await scene.open([2], () => ({ exp: inMs(6_000).toISOString() }));
    await scene.report('live');
    await service.stopWorker();
    await service.forget(await service.keys());
    await service.startWorker();
    await until(async () => (await scene.stored()).status === 'completed');
    await scene.report('live');
    expect(await scene.becomes({ delivered: true })).toMatchObject({ status: 'completed' });
    expect(await scene.says('goal.completed')).toContain('goal.progressed');
  }, 30_000);
});
