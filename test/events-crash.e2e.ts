import { brokerKinds, type TestBroker } from './brokers.js';
import { showBody, tokenFor, until } from './client.js';
import { TcpProxy } from './faults/stage/tcp-proxy.js';
import { shortLocks, TestProcess } from './process.js';
import { SecondApp } from './second-app/second-app.js';
import { useService } from './service.js';
import { eventIds } from './show-effects.js';

const bothEvents = (goalId: string) => Object.values(eventIds(goalId));
const kinds = Object.entries(brokerKinds).filter(([name]) => !name.includes('without'));

describe.each(kinds)('a worker that publishes to others over %s', (_, kind) => {
  let broker: TestBroker;
  let line: TcpProxy;
  let app: SecondApp;

  beforeAll(async () => {
    broker = await kind.start();
    line = await TcpProxy.start(broker.port);
    app = await SecondApp.start(kind.transport(broker.port), () => tokenFor('nobody', []));
  });
  const service = useService({}, { apps: ['api'] });
  afterAll(async () => {
    await app?.stop();
    await line?.stop();
    await broker?.stop();
  });

  it('stops in order while the broker does not answer, and another one publishes what it could not', async () => {
    const streamer = service.client();
    const env = { ...shortLocks, MESSAGING_URL: kind.url(line.port) };
    let worker = await TestProcess.start('worker', service, env);
    try {
      const { sessionId, fundingGoalId } = await streamer.openFundedSession();
      await app.inbox.wait(fundingGoalId, ['goal.created', 'goal.added']);
      line.silence();
      const goalId = await streamer.createGoal('show', showBody(sessionId, fundingGoalId));
      await until(async () => (await streamer.session(sessionId)).show_goal_pairs[0]?.show_goal === goalId);
      expect(await worker.end('SIGTERM')).toBe(0);
      expect(app.inbox.of(goalId)).toEqual([]);
      line.unsilence();
      worker = await TestProcess.start('worker', service, env);
      await app.inbox.wait(goalId, ['goal.created', 'goal.added'], 40_000);
    } finally {
      line.unsilence();
      await worker.end('SIGTERM');
    }
  }, 90_000);

  it('is killed after the broker took an event, before it knew: the event comes again', async () => {
    const streamer = service.client();
    const env = { ...shortLocks, MESSAGING_URL: kind.url(line.port) };
    let worker = await TestProcess.start('worker', service, env);
    try {
      const { sessionId, fundingGoalId } = await streamer.openFundedSession();
      await app.inbox.wait(fundingGoalId, ['goal.created', 'goal.added']);

      line.muffle();
      const goalId = await streamer.createGoal('show', showBody(sessionId, fundingGoalId));
      await app.inbox.wait(goalId, ['goal.created', 'goal.added']);
      await worker.end('SIGKILL');
      line.unsilence();
      const timesReceived = (id: string) =>
        app.inbox.of(goalId).filter(({ event_id }) => event_id === id).length;
      const known = bothEvents(goalId).map((id) => ({ id, times: timesReceived(id) }));
      worker = await TestProcess.start('worker', service, env);
      // The jobs of the dead worker are taken over once their locks are over.
      await app.inbox.until(() => known.every(({ id, times }) => timesReceived(id) > times), 40_000);
    } finally {
      line.unsilence();
      await worker.end('SIGTERM');
    }
  }, 90_000);
});
