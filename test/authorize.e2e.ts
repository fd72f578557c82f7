import { idFrom, newId, toObjectId } from '#platform';
import { ChannelEncryption, Channels, RealtimeConfig } from '#realtime';
import nacl from 'tweetnacl';
import { showBody, until } from './client.js';
import { TestProcess } from './process.js';
import { useService } from './service.js';

describe('stream.authorized', () => {
  const service = useService({}, { sink: true, apps: ['api'], perTest: true });
  const { sink } = service;
  const streamer = service.client();

  const sell = (goalId: string, owners: string[]) =>
    service.mongo.collection('goal_contribution').insertMany(
      owners.map((user_id, index) => ({
        goal_id: toObjectId(goalId),
        source_id: `ticket-${index}`,
        user_id,
        amount: 1,
        created_at: new Date(),
      })),
    );
  const authorized = () => sink.accepted.filter(({ name }) => name === 'stream.authorized');
  const channelOf = (viewer: string) =>
    new Channels(service.config.get(RealtimeConfig)).viewer(streamer.userId, viewer);

  it('reaches each ticket owner once, encrypted for the channel of that viewer alone', async () => {
    await service.startWorker();
    const { sessionId, fundingGoalId } = await streamer.openFundedSession();
    const owners = [newId(), newId(), newId()];
    await sell(fundingGoalId, [...owners, owners[0]!]);
    const goalId = await streamer.createGoal('show', showBody(sessionId, fundingGoalId));
    await until(async () => authorized().length >= owners.length);

    expect(
      authorized()
        .map(({ channel }) => channel)
        .toSorted(),
    ).toEqual(owners.map(channelOf).toSorted());
    const encryption = new ChannelEncryption(service.config.get(RealtimeConfig));
    for (const { channel, data } of authorized()) {
      const { nonce, ciphertext } = data as { nonce: string; ciphertext: string };
      const open = (key: Uint8Array) =>
        nacl.secretbox.open(Buffer.from(ciphertext, 'base64'), Buffer.from(nonce, 'base64'), key);
      const viewer = channel.split('.sd.')[1]!;
      const text = Buffer.from(open(encryption.sharedSecret(channel, sessionId)) ?? []).toString();
      expect(JSON.parse(text)).toEqual({
        event_id: idFrom('stream.authorized', goalId, viewer),
        goal_id: goalId,
        session_id: sessionId,
        streamer_id: streamer.userId,
        viewer_id: viewer,
      });
      expect(open(encryption.sharedSecret(channelOf(newId()), sessionId))).toBeNull();
    }
  });

  it('reaches who buys a ticket while the show is on', async () => {
    await service.startWorker();
    const { sessionId, fundingGoalId } = await streamer.openFundedSession();
    await until(async () => (await streamer.goal(fundingGoalId)).status === 'active');
    const early = newId();
    await sell(fundingGoalId, [early]);
    await streamer.createGoal('show', showBody(sessionId, fundingGoalId));
    await until(async () => authorized().length === 1);
    const late = newId();
    const ticket = { source_id: 'late', user_id: late, amount: 1 };
    const platform = service.client(undefined, ['service']);
    expect((await platform.post(`/goals/${fundingGoalId}/contributions`, ticket)).status).toBe(201);
    await until(async () => authorized().length === 2);
    expect(authorized().map(({ channel }) => channel)).toEqual([channelOf(early), channelOf(late)]);
  });

  it('reaches 5,000 owners, though the worker is killed in the middle', async () => {
    let worker = await TestProcess.start('worker', service, sink.env);
    try {
      const { sessionId, fundingGoalId } = await streamer.openFundedSession();
      const owners = Array.from({ length: 5_000 }, () => newId());
      await sell(fundingGoalId, owners);
      await streamer.createGoal('show', showBody(sessionId, fundingGoalId));
      await until(async () => authorized().length >= 1_500, 30_000);
      await worker.end('SIGKILL');
      expect(authorized().length).toBeLessThan(5_000);
      worker = await TestProcess.start('worker', service, sink.env);
      const notified = () => new Set(authorized().map(({ channel }) => channel));
      await until(async () => notified().size === 5_000, 60_000);
      expect(notified()).toEqual(new Set(owners.map(channelOf)));
      // What was not stored as done at the kill may be sent again, under the same event id: 96 calls of ten at most.
      expect(authorized().length - 5_000).toBeLessThanOrEqual(960);
    } finally {
      await worker.end('SIGTERM');
    }
  }, 120_000);
});
