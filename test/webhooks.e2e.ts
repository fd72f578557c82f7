import { newId } from '#platform';
import { fundingBody, timedBody, until } from './client.js';
import { useService } from './service.js';
import { accept, verified, WebhookReceiver } from './webhook-receiver.js';

interface Created {
  webhook_id: string;
  secret: string;
  enabled: boolean;
}
interface Delivery {
  event_id: string;
  type: string;
  status: string;
  attempts: number;
  last_status: number | null;
  last_error: string | null;
}

describe('webhooks', () => {
  const receiver = new WebhookReceiver();
  beforeAll(() => receiver.start());
  const service = useService(() => ({
    WEBHOOK_ALLOW: receiver.host,
    WEBHOOK_RETRY_SECONDS: '0.2,0.2,0.2,0.2',
  }));
  const streamer = service.client();
  const other = service.client(newId(), ['service']);
  afterEach(() => {
    receiver.answer = (_, response) => accept(response);
  });
  afterAll(() => receiver.stop());

  const create = async (path: string, more: object = {}): Promise<Created> => {
    const { status, body } = await other.post<Created>('/webhooks', { url: receiver.url(path), ...more });
    expect(status).toBe(201);
    return body;
  };
  const deliveriesOf = async ({ webhook_id }: Created) =>
    (await other.get<{ items: Delivery[] }>(`/webhooks/${webhook_id}/deliveries?limit=100`)).body.items;

  it('get the events that they want, signed, from the moment at which they are created', async () => {
    const sessionId = await streamer.openSession();
    const all = await create('/all', { session_id: sessionId });
    const added = await create('/added', { events: ['goal.added'], session_id: sessionId });
    const goalId = await streamer.createGoal('karaoke', timedBody(sessionId));
    await streamer.createGoal('karaoke', timedBody(await streamer.openSession()));
    await until(
      async () => receiver.eventsOf('/all').length === 2 && receiver.eventsOf('/added').length === 1,
    );
    expect(receiver.eventsOf('/all').map(({ type }) => type)).toEqual(['goal.created', 'goal.added']);
    for (const call of receiver.of('/all')) {
      expect(verified(call, all.secret)).toEqual(call.event);
      expect(call.headers['webhook-id']).toBe(call.event.event_id);
      expect(() => verified(call, added.secret)).toThrow();
      expect(call.event.data.goal_id).toBe(goalId);
    }
    const log = await other.get<{ items: unknown[] }>(`/events?goal_id=${goalId}`);
    expect(receiver.eventsOf('/all')).toEqual(log.body.items);
    await until(async () => (await deliveriesOf(all)).every(({ status }) => status === 'delivered'));
    await service.queues.settled();
    expect(receiver.of('/added')).toHaveLength(1);
  });

  it('count from the answer to their creation until that to their deletion, while other events come all the time', async () => {
    const sessionId = await streamer.openSession();
    const over = new AbortController();
    const others = (async () => {
      while (!over.signal.aborted)
        await streamer.createGoal('karaoke', timedBody(await streamer.openSession()));
    })();
    await until(async () => (await service.documents('event_log', { type: 'goal.created' })).length > 0);
    const expected: string[] = [];
    for (let round = 1; round <= 5; round++) {
      const webhook = await create('/in-force', { session_id: sessionId, events: ['goal.created'] });
      expected.push(await streamer.createGoal('show_funding', fundingBody(sessionId)));
      await until(async () => receiver.of('/in-force').length >= round);
      expect((await other.send('DELETE', `/webhooks/${webhook.webhook_id}`)).status).toBe(204);
      await streamer.createGoal('show_funding', fundingBody(sessionId));
    }
    over.abort();
    await others;
    await service.queues.settled();
    expect(receiver.eventsOf('/in-force').map(({ data }) => data.goal_id)).toEqual(expected);
  });

  it('show their secret when it is made alone, and sign with the old one for a day after a rotation', async () => {
    const webhook = await create('/rotated');
    const path = `/webhooks/${webhook.webhook_id}`;
    expect(webhook.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect((await other.get(path)).body).not.toHaveProperty('secret');
    const rotated = await other.post<Created>(`${path}/rotate`);
    expect(rotated.body.secret).not.toBe(webhook.secret);
    const sent = await other.post<{ event_id: string }>(`${path}/test`);
    await until(async () => receiver.of('/rotated').length === 1);
    const [call] = receiver.of('/rotated');
    for (const { secret } of [webhook, rotated.body])
      expect(verified(call!, secret)).toMatchObject({ event_id: sent.body.event_id, type: 'webhook.test' });
    const past = new Date(Date.now() - 1);
    await service.mongo
      .collection('webhook')
      .updateOne({ 'secrets.secret': webhook.secret }, { $set: { 'secrets.$.until': past } });
    await other.send('PATCH', path, { enabled: true });
    await other.post(`${path}/test`);
    await until(async () => receiver.of('/rotated').length === 2);
    expect(() => verified(receiver.of('/rotated')[1]!, webhook.secret)).toThrow();
    expect(verified(receiver.of('/rotated')[1]!, rotated.body.secret)).toBeDefined();

    const audit = await service.client(newId(), ['admin']).get('/audit?limit=100');
    const acts = JSON.stringify(audit.body);
    expect(acts).toContain('rotate_webhook');
    expect(acts).not.toContain('whsec_');
    expect((await other.send('DELETE', path)).status).toBe(204);
    expect((await other.get(path)).status).toBe(404);
  });

  it('fail by any other answer than a short 2xx, and are disabled after the last attempt', async () => {
    const answers = [302, 500, 200, 404, 429];
    receiver.answer = (_, response) => {
      const status = answers[(receiver.of('/broken').length - 1) % answers.length]!;
      response.writeHead(status, { location: receiver.url('/elsewhere') });
      response.end(status === 200 ? 'x'.repeat(70_000) : undefined);
    };
    const webhook = await create('/broken', { events: ['goal.created'] });
    const path = `/webhooks/${webhook.webhook_id}`;
    await streamer.createGoal('karaoke', timedBody(await streamer.openSession()));
    await until(async () => (await other.get(path)).body.enabled === false);
    const [failed] = await deliveriesOf(webhook);
    expect(failed).toMatchObject({ status: 'failed', attempts: 5, last_status: 429 });
    expect((await other.get(path)).body.disabled_reason).toContain('answered 429');
    expect(receiver.of('/elsewhere')).toEqual([]);
    expect(receiver.of('/broken')).toHaveLength(5);
    const retry = `${path}/deliveries/${failed!.event_id}/retry`;
    expect((await other.post(retry)).body.code).toBe('webhook_disabled');

    receiver.answer = (_, response) => accept(response);
    await other.send('PATCH', path, { enabled: true });
    expect((await other.post(retry)).status).toBe(202);
    await until(async () => (await deliveriesOf(webhook))[0]?.status === 'delivered');
    expect((await other.get(path)).body).toMatchObject({ enabled: true, disabled_reason: null });
    expect((await other.post(`${path}/deliveries/${newId()}/retry`)).body.code).toBe('delivery_not_found');
  });

  it('are disabled at once by a receiver that is gone', async () => {
    receiver.answer = (_, response) => response.writeHead(410).end();
    const webhook = await create('/gone', { events: ['goal.created'] });
    await streamer.createGoal('karaoke', timedBody(await streamer.openSession()));
    await until(async () => (await other.get(`/webhooks/${webhook.webhook_id}`)).body.enabled === false);
    expect(receiver.of('/gone')).toHaveLength(1);
  });

  it('are delivered in the end if half of all answers are 500, and after Redis came back empty', async () => {
    receiver.answer = ({ event }, response) => {
      const calls = receiver.of('/half').filter((one) => one.event.event_id === event.event_id);
      response.writeHead(calls.length % 2 === 1 ? 500 : 200).end();
    };
    const webhook = await create('/half');
    const sessions = await Promise.all(Array.from({ length: 15 }, () => streamer.openSession()));
    await Promise.all(sessions.map((one) => streamer.createGoal('karaoke', timedBody(one))));
    await service.queues.settled();
    await service.forget(await service.keys());
    await until(async () => receiver.eventsOf('/half').length === 30);
    await until(async () => (await deliveriesOf(webhook)).every(({ status }) => status === 'delivered'));
    for (const call of receiver.of('/half')) expect(verified(call, webhook.secret)).toEqual(call.event);
  });

  it('reach all others within two seconds, though some receivers never answer', async () => {
    receiver.answer = (call, response) => {
      if (!call.path.startsWith('/hangs')) accept(response);
    };
    const sessionId = await streamer.openSession();
    const more = { events: ['goal.created'], session_id: sessionId };
    const paths = Array.from({ length: 300 }, (_, index) =>
      index % 60 === 0 ? `/hangs-${index}` : `/ok-${index}`,
    );
    for (let begin = 0; begin < paths.length; begin += 12)
      await Promise.all(paths.slice(begin, begin + 12).map((path) => create(path, more)));
    for (let goal = 0; goal < 3; goal++) await streamer.createGoal('show_funding', fundingBody(sessionId));
    const stored = () =>
      service.mongo.collection('event_log').find({ type: 'goal.created', session_id: sessionId }).toArray();
    await until(async () => (await stored()).length === 3);
    const since = Date.now();
    const good = paths.filter((path) => path.startsWith('/ok'));
    await until(async () => good.every((path) => receiver.of(path).length === 3));
    const last = Math.max(...receiver.calls.filter(({ path }) => path.startsWith('/ok')).map(({ at }) => at));
    expect(last - since).toBeLessThan(2_000);
  });

  it('refuse URLs that may not be called, with the reason', async () => {
    const refused = [
      ['http://receiver.example/', 'must be an https URL'],
      ['ftp://receiver.example/', 'must be an https URL'],
      ['receiver.example', 'must be an absolute URL'],
      ['https://user:secret@receiver.example/', 'must not have a user or a password'],
      ...[
        '127.0.0.1',
        '10.1.2.3',
        '2130706433',
        '0177.0.0.1',
        '0x7f.1',
        '[::1]',
        '[::ffff:10.0.0.1]',
        '[fd00::1]',
      ].map((host) => [`https://${host}/`, 'must not lead to an address inside']),
      ['https://localhost/', 'must not lead to an address inside'],
    ];
    for (const [url, detail] of refused)
      expect(await other.post('/webhooks', { url })).toMatchObject({
        status: 422,
        body: { errors: [{ pointer: '/url', detail }] },
      });
    expect((await other.post('/webhooks', { url: receiver.url(), events: ['goal.danced'] })).status).toBe(
      422,
    );
    expect((await other.post('/webhooks', { url: receiver.url(), session_id: newId() })).status).toBe(404);
  });
});
