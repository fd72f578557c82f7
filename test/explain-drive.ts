import { goalStatuses, goalTypes, type GoalType, type Session } from '#contracts';
import { newId, toObjectId } from '#platform';
import { type Answer, type Client, showBody, timedBody, tokenFor, until } from './client.js';
import { StreamReader } from './event-reader.js';
import { storeContributions, storeFeed } from './explain-crowd.js';
import { runOperation } from './process.js';
import type { TestService } from './service.js';

interface Page {
  items: { goal_id: string }[];
  next_cursor: string | null;
}

/** Does once everything that goalpost can do, as clients, services, timers and operators have it. */
export class Drive {
  readonly streamer: Client;
  private readonly platform: Client;
  private sessionId: string;
  private readonly goals = new Map<GoalType, string>();

  constructor(private readonly service: TestService) {
    this.streamer = service.client();
    this.platform = service.client(undefined, ['service']);
  }

  async createEveryClass(): Promise<void> {
    const { streamer } = this;
    const opened = await streamer.post<Session>('/sessions', {}, { 'idempotency-key': newId() });
    this.sessionId = opened.body.session_id;
    for (const goalType of ['show_funding', 'karaoke', 'trigger_exclusive', 'trigger_private'] as const)
      await this.create(goalType, timedBody(this.sessionId));
    const owners = await storeContributions(this.service, this.goals.get('show_funding')!, 1_000);
    await this.create('show', showBody(this.sessionId, this.goals.get('show_funding')!));
    const trigger = { trigger_exclusive_goal_id: this.goals.get('trigger_exclusive')! };
    await this.create('exclusive', timedBody(this.sessionId, trigger));
    const viewer = this.service.client(owners[0], []);
    const channel_name = `presence-enc-stream-viewer@${streamer.userId}.sd.${viewer.userId}`;
    expectStatus(200, await viewer.post('/pusher/auth', { socket_id: '1.2', channel_name }));
    const goal = `/goals/${this.goals.get('show_funding')}`;
    for (const allowed of [true, false])
      expectStatus(200, await streamer.send('PUT', `${goal}/access/${viewer.userId}`, { allowed }));
    expectStatus(200, await streamer.send('DELETE', `${goal}/access/${viewer.userId}`));
    expectStatus(200, await this.platform.get(`/goals/${this.goals.get('show')}/access/${viewer.userId}`));
    expectStatus(
      200,
      await streamer.send(
        'PATCH',
        `/goals/${this.goals.get('karaoke')}`,
        { levels: [{ title: 'one' }, {}] },
        { 'if-match': '*' },
      ),
    );
  }

  async read(): Promise<void> {
    await storeFeed(this.service, this.sessionId, 1_000);
    const types = [undefined, ...Object.values(goalTypes)].map((type) => type && `goal_type=${type}`);
    const states = [undefined, ...goalStatuses.slice(1)].map((status) => status && `status=${status}`);
    for (const type of types)
      for (const status of states) {
        const query = ['limit=20', type, status].filter(Boolean).join('&');
        await this.page(`/goals?${query}`, 2);
        await this.page(`/sessions/${this.sessionId}/goals?${query}`, 2);
      }
    await this.page('/goals?limit=100', 20);
    await this.page(`/sessions/${this.sessionId}/feed?limit=100`, 20);
    await this.page(`/goals/${this.goals.get('show_funding')}/leaderboard?limit=100`, 3);
    await this.page(`/goals/${this.goals.get('show_funding')}/contributions?limit=100`, 12);
    await this.readEvents();
    await this.manageWebhook();
    await this.putOnAir();
    expectStatus(404, await this.streamer.get(`/goals/${newId()}`));
    expectStatus(200, await this.streamer.get(`/sessions/${this.sessionId}`));
  }

  /** The log by each filter, and a stream that resumes. */
  private async readEvents(): Promise<void> {
    const goalId = this.goals.get('show_funding');
    for (const filter of ['', '&type=goal.added', `&session_id=${this.sessionId}`, `&goal_id=${goalId}`])
      expectStatus(200, await this.platform.get(`/events?limit=20${filter}`));
    const { body } = await this.platform.get<{ next_cursor: string }>('/events?limit=1');
    const stream = await StreamReader.open(`${this.service.baseUrl}/sessions/${this.sessionId}/events`, {
      authorization: `Bearer ${await tokenFor(newId(), [])}`,
      'last-event-id': body.next_cursor,
    });
    await until(async () => stream.events.length > 0);
    await stream.close();
    // It is no request that the client of these tests can make.
    await this.streamer.get(`/sessions/${this.sessionId}/events?access_token=`, { authorization: '' });
  }

  private async manageWebhook(): Promise<void> {
    const { platform } = this;
    const url = 'https://192.0.3.1/hook';
    const { body } = await platform.post<{ webhook_id: string }>('/webhooks', {
      url,
      events: ['goal.failed'],
    });
    const path = `/webhooks/${body.webhook_id}`;
    for (const list of ['/webhooks?limit=1', path, `${path}/deliveries`])
      expectStatus(200, await platform.get(list));
    const sent = await platform.post<{ event_id: string }>(`${path}/test`);
    expectStatus(202, sent);
    expectStatus(202, await platform.post(`${path}/deliveries/${sent.body.event_id}/retry`));
    expectStatus(200, await platform.post(`${path}/rotate`));
    expectStatus(200, await platform.send('PATCH', path, { enabled: true }));
    expectStatus(204, await platform.send('DELETE', path));
  }

  /** An overlay gets an address, reads with it, is rehearsed and taken back. */
  private async putOnAir(): Promise<void> {
    const { streamer } = this;
    const path = `/sessions/${this.sessionId}/overlay-tokens`;
    const created = await streamer.post<{ overlay_id: string; token: string }>(path);
    expectStatus(201, created);
    expectStatus(200, await streamer.get(`${path}?limit=1`));
    const authorization = `Bearer ${created.body.token}`;
    expectStatus(200, await streamer.get(`/sessions/${this.sessionId}`, { authorization }));
    const rehearsal = { event: 'goal.level_reached' };
    expectStatus(202, await streamer.post(`/goals/${this.goals.get('karaoke')}/rehearse`, rehearsal));
    expectStatus(204, await streamer.send('DELETE', `${path}/${created.body.overlay_id}`));
  }

  async contribute(): Promise<void> {
    // Its countdown has not ended, as that of the one that has its show.
    await this.create('show_funding', timedBody(this.sessionId));
    for (const goalType of ['karaoke', 'show_funding'] as const) {
      const path = `/goals/${this.goals.get(goalType)}/contributions`;
      const payment = { source_id: newId(), user_id: newId(), amount: 1, message: 'hello' };
      expectStatus(201, await this.platform.post(path, payment));
      expectStatus(200, await this.platform.post(path, payment));
      expectStatus(201, await this.platform.post(path, { ...payment, source_id: newId(), amount: 1_000 }));
      await until(async () => (await this.streamer.goal(this.goals.get(goalType)!)).status === 'completed');
      await until(
        async () =>
          (await this.service.documents('goal', { unpublished: true, progress: 1_001 })).length === 0,
      );
      expectStatus(204, await this.streamer.send('DELETE', `${path}/${payment.source_id}/message`));
      for (const source of [payment.source_id, newId()])
        expectStatus(200, await this.platform.post(`${path}/${source}/void`, { reason: 'charged back' }));
    }
  }

  /** A show is live, is reported of out of order, and is finished. */
  async perform(): Promise<void> {
    const { streamer, platform } = this;
    const { sessionId, fundingGoalId } = await streamer.openFundedSession();
    const { unit: _coins, ...body } = showBody(sessionId, fundingGoalId);
    const show = await streamer.createGoal('show', { ...body, levels: [{ target: 1 }, { target: 1_800 }] });
    await until(async () => (await streamer.goal(show)).status === 'active');
    const at = () => new Date().toISOString();
    const [first, second] = [{ source_id: 'first', state: 'live', at: at() }, at()];
    for (const report of [
      { source_id: 'second', state: 'live', at: second },
      first,
      first,
      { source_id: 'third', state: 'live' },
    ])
      expectStatus(200, await platform.post(`/goals/${show}/performance`, report));
    // By its timer, and by the sweep.
    const level = { _id: toObjectId(show), level: 1, unpublished: null };
    await until(async () => (await this.service.documents('goal', level)).length > 0);
    expectStatus(200, await streamer.post(`/goals/${show}/finish`));
  }

  /** A place passes on, a timer opens and closes a goal, a session ends with what is open in it. */
  async end(): Promise<void> {
    const { streamer } = this;
    await this.create('karaoke', timedBody(this.sessionId));
    expectStatus(200, await streamer.send('DELETE', `/goals/${this.goals.get('karaoke')}`));
    const at = (ms: number) => new Date(Date.now() + ms).toISOString();
    const brief = { nbf: at(300), exp: at(600) };
    const timed = await streamer.createGoal('show_funding', timedBody(this.sessionId, {}, brief));
    await until(async () => (await streamer.goal(timed)).status === 'expired');
    expectStatus(200, await streamer.post(`/sessions/${this.sessionId}/end`));
    await until(async () => (await streamer.goal(this.goals.get('exclusive')!)).reason === 'session_ended');
    const settlement = `/goals/${this.goals.get('show_funding')}/settlement?limit=1`;
    await until(async () => (await streamer.get(settlement)).status === 200);
    await this.page(settlement, 2);
    // The sweep fires what was stored as overdue.
    await until(async () => {
      const due = { status: { $in: ['scheduled', 'active'] }, exp: { $lte: new Date() } };
      return (
        (await this.service.documents('goal', { ...due, _cls: { $nin: ['ShowGoal', 'KaraokeGoal'] } }))
          .length === 0
      );
    });
  }

  /** A delivery dies and is replayed; the other operations run as well. Returns the names of those that did. */
  async operate(): Promise<string[]> {
    const { service, streamer } = this;
    const sessions = service.mongo.collection('session');
    const _id = toObjectId(await streamer.openSession());
    const session = await sessions.findOne({ _id });
    await service.stopWorker();
    const goalId = await streamer.createGoal('karaoke', timedBody(_id.toHexString()));
    await sessions.deleteOne({ _id });
    await service.startWorker();
    await until(async () => (await streamer.goal(goalId)).status === 'failed');
    await sessions.insertOne(session!);
    for (const args of [['dead'], ['replay', '--all'], ['indexes'], ['reconcile', '--older-than', '0']])
      await runOperation(service, ...args);
    await this.erase();
    await until(async () => (await streamer.goal(goalId)).status === 'active');
    return ['dead', 'replay', 'indexes', 'reconcile', 'erase'];
  }

  /** A user who gave, and had access to a show, goes, and goes again. */
  private async erase(): Promise<void> {
    const { service, platform } = this;
    const [{ user_id }] = (await service.documents('access_rule')) as [{ user_id: string }];
    // The lines are no JSON that the client reads.
    await platform.get(`/users/${user_id}/data`).catch(() => undefined);
    const { body } = await platform.send<{ erasure_id: string }>('DELETE', `/users/${user_id}/data`);
    const path = `/erasures/${body.erasure_id}`;
    const running = { _id: toObjectId(body.erasure_id), owner: null };
    await until(async () => {
      // It does not rest.
      await service.mongo.collection('erasure').updateOne(running, { $set: { due_at: new Date(0) } });
      return (await platform.get<{ status: string }>(path)).body.status === 'done';
    });
    await runOperation(service, 'erase', '--again');
  }

  async look(): Promise<void> {
    const admin = this.service.client(undefined, ['admin']);
    const filters = ['', 'act=edit_goal', `actor=${this.streamer.userId}`, `session_id=${this.sessionId}`];
    for (const filter of [...filters, `goal_id=${this.goals.get('show_funding')}`])
      await this.page(`/audit?limit=2&${filter}`, 2, admin);
    const denial = { user_id: newId() };
    const denied = await admin.post<{ denial_id: string }>('/admin/token-denials', denial);
    await admin.post('/admin/token-denials', { jti: newId() });
    await admin.get('/admin/token-denials?limit=2');
    await admin.send('DELETE', `/admin/token-denials/${denied.body.denial_id}`);
    for (const path of ['overview', `goals/${this.goals.get('show_funding')}`])
      expectStatus(200, await admin.get(`/admin/api/${path}`));
    for (const path of ['/health/live', '/health/ready', '/dev/realtime', '/metrics'])
      await admin.send('GET', path).catch(() => undefined);
  }

  private async create(goalType: GoalType, body: object): Promise<void> {
    const { streamer } = this;
    const goalId = await streamer.createGoal(goalType, body);
    this.goals.set(goalType, goalId);
    await until(async () => JSON.stringify(await streamer.session(this.sessionId)).includes(goalId));
    await until(async () => (await streamer.goal(goalId)).status === 'active');
  }

  /** Reads a list page by page, so many at most. */
  private async page(path: string, pages: number, client = this.streamer): Promise<void> {
    let cursor: string | null = '';
    for (let page = 0; page < pages && cursor !== null; page++) {
      const answer: Answer<Page> = await client.get<Page>(path + (cursor && `&cursor=${cursor}`));
      expectStatus(200, answer);
      cursor = answer.body.next_cursor;
    }
  }
}

function expectStatus(expected: number, { status, body }: Answer<unknown>): void {
  if (status !== expected) throw new Error(`${status} instead of ${expected}: ${JSON.stringify(body)}`);
}
