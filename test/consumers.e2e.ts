import type { GoalEvent } from '#contracts';
import { newId } from '#platform';
import { setTimeout } from 'node:timers/promises';
import { fundingBody, tokenFor, until } from './client.js';
import { LogReader, StreamReader } from './event-reader.js';
import { useService } from './service.js';
import { accept, verified, WebhookReceiver } from './webhook-receiver.js';

/** Goals that are created meanwhile; 2,000 take a few minutes, and then the test says what it saw. */
const goalCount = Number(process.env.CONSUMER_GOALS ?? 60);

/** How long a consumer may take at the end for what it has missed. */
const caughtUpWithinMs = 300_000;

/** How long the receiver of the webhook thinks at most, so that it is killed in the middle of calls as well. */
const thinksMs = 20;

/** A pause between two deaths of a consumer. */
const awhile = () => setTimeout(20 + Math.random() * 150);

const byId = (events: GoalEvent[]) => new Map(events.map((event) => [event.event_id, event]));

/** Which snapshot of which goal an event has. */
type Snapshot = Pick<GoalEvent, 'version' | 'occurred_at'> & { goal_id: string };

const snapshotOf = ({ version, occurred_at, data: { goal_id } }: GoalEvent): Snapshot => ({
  goal_id,
  version,
  occurred_at,
});

/** Of one goal, what happened later never has a lower version. */
function versionsFall(snapshots: Snapshot[]): boolean {
  const goals = Map.groupBy(snapshots, ({ goal_id }) => goal_id);
  return [...goals.values()].some((ofGoal) => {
    const inOrder = ofGoal.toSorted((one, other) => one.occurred_at.localeCompare(other.occurred_at));
    const groups = [...Map.groupBy(inOrder, ({ occurred_at }) => occurred_at).values()];
    return groups.some(
      (group, index) =>
        index > 0 &&
        Math.min(...group.map(({ version }) => version)) <
          Math.min(...groups[index - 1]!.map(({ version }) => version)),
    );
  });
}

describe('a consumer that is killed and started again at random', () => {
  const receiver = new WebhookReceiver();
  beforeAll(() => receiver.start());
  afterAll(() => receiver.stop());
  const service = useService(() => ({
    WEBHOOK_ALLOW: receiver.host,
    MAX_SESSION_PAIRS: String(goalCount),
    // Far more than a slow machine needs: the webhook must not be disabled.
    WEBHOOK_RETRY_SECONDS: Array.from({ length: 1_000 }, () => '0.3').join(','),
  }));
  const streamer = service.client();
  const other = service.client(newId(), ['service']);

  it('gets every event once, by the log, by a stream and by a webhook', async () => {
    const sessionId = await streamer.openSession();
    const webhook = await other.post<{ secret: string }>('/webhooks', {
      url: receiver.url('/'),
      session_id: sessionId,
    });
    const headers = { authorization: `Bearer ${await tokenFor(newId(), [])}` };
    const url = () => `${service.baseUrl}/sessions/${sessionId}/events`;
    let stream = await StreamReader.open(url(), headers);
    const fromStream = new Map<string, Record<string, unknown>>();
    const fromLog = new Map<string, GoalEvent>();
    let cursor: string | undefined;
    const kills = { log: 0, stream: 0, webhook: 0 };
    const got = { log: 0, stream: 0 };
    receiver.answer = (_, response) => void setTimeout(Math.random() * thinksMs).then(() => accept(response));
    const work = new AbortController();

    const readLog = async (mostPages?: number) => {
      const reader = new LogReader(other, `&session_id=${sessionId}`, 7);
      reader.cursor = cursor;
      const events = await reader.readOn(mostPages);
      for (const event of events) fromLog.set(event.event_id, event);
      got.log += events.length;
      return reader;
    };
    /** Reads some pages and dies; what it had not written down it reads again. */
    const restartLog = async () => {
      const reader = await readLog(1 + Math.floor(Math.random() * 20));
      if (Math.random() < 0.7) cursor = reader.cursor;
      kills.log += 1;
    };
    const restartStream = async () => {
      const seen = stream.events.filter(({ id }) => id !== undefined);
      // Sometimes it died before it had written down the last ones.
      const last =
        seen.at(Math.random() < 0.5 ? -1 : Math.floor(seen.length / 2))?.id ?? stream.startId ?? stream.from;
      await stream.close();
      kills.stream += 1;
      got.stream += stream.events.length;
      for (const { data } of stream.events) fromStream.set(String(data.event_id), data);
      stream = await StreamReader.open(url(), { ...headers, ...(last && { 'last-event-id': last }) });
      stream.from = last;
    };
    const keepKilling = async (kill: () => Promise<void>) => {
      while (!work.signal.aborted) {
        await awhile();
        await kill();
      }
    };
    // A stream that dies before it has an id begins anew.
    await until(async () => stream.startId !== undefined);
    const deaths = Promise.all([
      keepKilling(restartLog),
      keepKilling(restartStream),
      keepKilling(async () => {
        await receiver.stop();
        kills.webhook += 1;
        await awhile();
        await receiver.start();
      }),
    ]);

    for (let begin = 0; begin < goalCount; begin += 20)
      await Promise.all(
        Array.from({ length: Math.min(20, goalCount - begin) }, async () => {
          const goalId = await streamer.createGoal('show_funding', fundingBody(sessionId));
          await until(async () => (await streamer.goal(goalId)).status === 'active');
          await streamer.send('DELETE', `/goals/${goalId}`);
        }),
      );
    await service.queues.settled();
    work.abort();
    await deaths;
    await readLog();

    const logged = await service.documents('event_log', { session_id: sessionId });
    const ids = logged.map(({ _id }) => String(_id)).toSorted();
    expect(ids.length).toBeGreaterThan(goalCount * 3);
    expect([...fromLog.keys()].toSorted()).toEqual(ids);
    const streamed = logged.filter(({ type }) => type !== 'goal.created').map(({ _id }) => String(_id));
    await until(async () => {
      for (const { data } of stream.events) fromStream.set(String(data.event_id), data);
      return fromStream.size === streamed.length;
    }, caughtUpWithinMs);
    expect([...fromStream.keys()].toSorted()).toEqual(streamed.toSorted());
    await until(async () => receiver.eventsOf('/').length === ids.length, caughtUpWithinMs);
    for (const call of receiver.of('/')) expect(verified(call, webhook.body.secret)).toEqual(call.event);
    expect(versionsFall([...fromLog.values()].map(snapshotOf))).toBe(false);
    // What a stream says of a new goal has no version.
    const versioned = [...fromStream.values()].filter(({ version }) => version !== undefined);
    expect(versionsFall(versioned as unknown as Snapshot[])).toBe(false);
    expect(byId(receiver.eventsOf('/'))).toEqual(fromLog);
    await stream.close();
    got.stream += stream.events.length;
    const doubled = {
      log: got.log - ids.length,
      stream: got.stream - streamed.length,
      webhook: receiver.of('/').length - ids.length,
    };
    if (process.env.CONSUMER_GOALS)
      process.stderr.write(`${JSON.stringify({ events: ids.length, kills, doubled })}\n`);
  }, 900_000);
});
