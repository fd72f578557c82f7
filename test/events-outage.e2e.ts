import { type BrokerKind, brokerKinds, type TestBroker } from './brokers.js';
import { showBody, tokenFor, until } from './client.js';
import { TcpProxy } from './faults/stage/tcp-proxy.js';
import { SecondApp } from './second-app/second-app.js';
import { TestService } from './service.js';
import { createShow, eachOnce, effectsOf, eventIds } from './show-effects.js';

const bothEvents = (goalId: string) => Object.values(eventIds(goalId));

describe.each(Object.entries(brokerKinds))('%s behind a line that fails', (_, kind: BrokerKind) => {
  let broker: TestBroker;
  let line: TcpProxy;
  let service: TestService;
  let app: SecondApp;

  beforeAll(async () => {
    broker = await kind.start();
    line = await TcpProxy.start(broker.port);
    app = await SecondApp.start(kind.transport(broker.port), () => tokenFor('nobody', []));
  });
  afterEach(() => service?.stop());
  afterAll(async () => {
    await app?.stop();
    await line?.stop();
    await broker?.stop();
  });

  it('delays the events and nothing else', async () => {
    service = await TestService.start({ MESSAGING_URL: kind.url(line.port) });
    const { queues } = service;
    try {
      const streamer = service.client();
      const before = await createShow(streamer);
      await app.inbox.wait(before.goalId, ['goal.created', 'goal.added']);
      const { sessionId, fundingGoalId } = await streamer.openFundedSession();

      line.silence();
      const goalId = await streamer.createGoal('show', showBody(sessionId, fundingGoalId));
      await until(async () => {
        const effects = await effectsOf(service, { goalId, fundingGoalId });
        return JSON.stringify(effects) === JSON.stringify(eachOnce);
      });
      const isQueued = (id: string) => queues.of('deliveries.broker').getJob(id);
      for (const id of bothEvents(goalId)) await until(() => isQueued(id));
      expect(app.inbox.of(goalId)).toEqual([]);

      line.unsilence();
      const received = await app.inbox.wait(goalId, ['goal.created', 'goal.added'], 25_000);
      expect(received.map(({ event_id }) => event_id)).toEqual(bothEvents(goalId));
    } finally {
      line.unsilence();
    }
  }, 60_000);
});
