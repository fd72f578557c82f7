import { ChannelEncryption, Realtime, RealtimeConfig } from '#realtime';
import Pusher from 'pusher';
import pusherJs, { type Channel } from 'pusher-js';
import nacl from 'tweetnacl';
import { fundingBody, showBody, until } from './client.js';
import { useService } from './service.js';
import { createShow, eventIds } from './show-effects.js';
import type { RealtimeServer } from './realtime-stage.js';

/** Its types give it a member `default`, which at run time is the module itself. */
const PusherClient = pusherJs as unknown as typeof pusherJs.default;

type Payload = Record<string, unknown>;

/** What goalpost does over a server of the Pusher protocol, whichever one that is; its own auth lets the screens in. */
export function streamCases(start: () => Promise<RealtimeServer>): void {
  let server: RealtimeServer;
  let library: Pusher;
  const sockets: InstanceType<typeof PusherClient>[] = [];

  beforeAll(async () => {
    server = await start();
    const { host, port, app } = server;
    library = new Pusher({
      appId: app.id,
      key: app.key,
      secret: app.secret,
      host,
      port: String(port),
      useTLS: false,
    });
  });
  const service = useService(() => ({
    PUSHER_APP_ID: server.app.id,
    PUSHER_KEY: server.app.key,
    PUSHER_SECRET: server.app.secret,
    PUSHER_HOST: server.host,
    PUSHER_PORT: String(server.port),
    PUSHER_ENCRYPTION_MASTER_KEY: Buffer.from(nacl.randomBytes(32)).toString('base64'),
  }));
  const { queues } = service;
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.disconnect();
  });
  afterAll(async () => {
    await server?.stop();
  });

  /** Leave to join: by goalpost for the channels that it knows, by the library for others. */
  async function leaveFor(userId: string, socket_id: string, channel_name: string) {
    if (!channel_name.includes('stream')) return library.authorizeChannel(socket_id, channel_name);
    const { status, body } = await service
      .client(userId)
      .post<Pusher.ChannelAuthResponse>('/pusher/auth', { socket_id, channel_name });
    if (status !== 200) throw new Error(`refused: ${status}`);
    return body;
  }

  /** A screen of this user that has joined the channel. */
  async function join(channelName: string, userId: string): Promise<Channel> {
    const socket = new PusherClient(server.app.key, {
      cluster: '',
      wsHost: server.host,
      wsPort: server.port,
      forceTLS: false,
      enabledTransports: ['ws'],
      disableStats: true,
      channelAuthorization: {
        endpoint: '',
        transport: 'ajax',
        customHandler: ({ socketId, channelName: name }, done) =>
          void leaveFor(userId, socketId, name).then(
            (leave) => done(null, leave),
            (error: Error) => done(error, null),
          ),
      },
    });
    sockets.push(socket);
    const channel = socket.subscribe(channelName);
    await new Promise<void>((resolve, reject) => {
      channel.bind('pusher:subscription_succeeded', () => resolve());
      const refuse = (error: unknown) => reject(new Error(`${channelName}: ${JSON.stringify(error)}`));
      channel.bind('pusher:subscription_error', refuse);
      socket.connection.bind('error', refuse);
    });
    return channel;
  }

  /** Waits for an event that is sent after all others and so arrives behind them. */
  async function allArrived(channelName: string, channel: Channel): Promise<void> {
    const last = collect(channel, 'last');
    await library.trigger(channelName, 'last', {});
    await until(async () => last.length);
  }

  /** Collects what a channel carries under this name. */
  function collect(channel: Channel, name: string): Payload[] {
    const seen: Payload[] = [];
    channel.bind(name, (payload: Payload) => seen.push(payload));
    return seen;
  }

  it('a screen of the stream gets each goal once', async () => {
    const streamer = service.client();
    const viewer = service.client();
    const channelName = `private-stream@${streamer.userId}`;
    const channel = await join(channelName, viewer.userId);
    const added = collect(channel, 'goal.added');
    const { sessionId, fundingGoalId, goalId } = await createShow(streamer);
    const shown = await until(async () => added.find(({ goal_id }) => goal_id === goalId));
    expect(shown).toMatchObject({
      goal_id: goalId,
      _cls: 'ShowGoal',
      session_id: sessionId,
      streamer_id: streamer.userId,
      event_id: eventIds(goalId).added,
    });
    await queues.settled();
    await allArrived(channelName, channel);
    expect(added.map(({ goal_id }) => goal_id)).toEqual([fundingGoalId, goalId]);
  });

  it('a screen of another stream gets nothing', async () => {
    const [streamer, other] = [service.client(), service.client()];
    const elsewhere = collect(await join(`private-stream@${other.userId}`, other.userId), 'goal.added');
    const here = collect(await join(`private-stream@${streamer.userId}`, other.userId), 'goal.added');
    const { goalId } = await createShow(streamer);
    await until(async () => here.some(({ goal_id }) => goal_id === goalId));
    const otherSession = await other.openSession();
    const otherGoal = await other.createGoal('show_funding', fundingBody(otherSession));
    await until(async () => elsewhere.length > 0);
    expect(elsewhere.map(({ goal_id }) => goal_id)).toEqual([otherGoal]);
  });

  it('a paid viewer alone can read that they may watch', async () => {
    const streamer = service.client();
    const channelName = `presence-enc-stream-viewer@${streamer.userId}.sd.${streamer.userId}`;
    const { sessionId, fundingGoalId } = await streamer.openFundedSession();
    const authorized = collect(await join(channelName, streamer.userId), 'stream.authorized');
    const goalId = await streamer.createGoal('show', showBody(sessionId, fundingGoalId));
    const [payload] = await until(async () => authorized.length > 0 && authorized);
    expect(Object.keys(payload!).toSorted()).toEqual(['ciphertext', 'nonce']);
    const encryption = new ChannelEncryption(service.config.get(RealtimeConfig));
    const open = (secret: Uint8Array) =>
      nacl.secretbox.open(bytes(payload!.ciphertext), bytes(payload!.nonce), secret);
    const opened = open(encryption.sharedSecret(channelName, sessionId));
    expect(opened).not.toBeNull();
    expect(JSON.parse(Buffer.from(opened!).toString())).toMatchObject({
      goal_id: goalId,
      session_id: sessionId,
      streamer_id: streamer.userId,
    });
    expect(open(encryption.sharedSecret(`${channelName}x`, sessionId))).toBeNull();
    expect(open(encryption.sharedSecret(channelName, streamer.userId))).toBeNull();
  });

  it('the largest payload there may be arrives whole, a larger one as its ids', async () => {
    const { userId } = service.client();
    const channelName = `private-stream@${userId}`;
    const channel = await join(channelName, userId);
    const seen = collect(channel, 'large');
    const realtime = service.worker!.get(Realtime, { strict: false });
    const room = 10 * 1024 - JSON.stringify({ goal_id: userId, text: '' }).length;
    const largest = { goal_id: userId, text: 'x'.repeat(room) };
    await realtime.send(channelName, 'large', largest);
    await realtime.send(channelName, 'large', { ...largest, text: `${largest.text}x` });
    await allArrived(channelName, channel);
    expect(seen).toEqual([largest, { goal_id: userId, truncated: true }]);
  });

  it('the longest channel name there may be carries events', async () => {
    const { userId } = service.client();
    const channelName = `private-${'a'.repeat(156)}`;
    const channel = await join(channelName, userId);
    const seen = collect(channel, 'far');
    const realtime = service.worker!.get(Realtime, { strict: false });
    await realtime.send(channelName, 'far', { goal_id: userId });
    await allArrived(channelName, channel);
    expect(seen).toEqual([{ goal_id: userId }]);
    await expect(realtime.send(`${channelName}a`, 'far', {})).rejects.toThrow('not a channel name');
  });
}

const bytes = (base64: unknown) => new Uint8Array(Buffer.from(String(base64), 'base64'));
