import { createChannelSet, decrypt } from './channels.js';
import { createEventStream } from './event-stream.js';
import { GoalBoard, SeenEvents } from './goal-board.js';
import { createResync, SessionGoals } from './resync.js';

const noop = () => undefined;

const defaultChannels = {
  stream: 'private-stream@{streamer_id}',
  viewer: 'presence-enc-stream-viewer@{streamer_id}.sd.{viewer_id}',
};

/** The goals of one session, kept up to date: reads them once, then applies the events of the stream. */
export function createStreamView(options) {
  const {
    sessionId,
    streamerId,
    viewerId,
    transport = 'pusher',
    pusher,
    authorization,
    nacl,
    channels = defaultChannels,
  } = options;
  const { onChange = noop, onEvent = noop, onAuthorized = noop, onRevoked = noop, onError = noop } = options;
  const board = new GoalBoard();
  const seen = new SeenEvents();
  const channelSet = pusher && createChannelSet(pusher, onError);
  const source = new SessionGoals(options);
  const state = {
    goals: board.goals,
    isLoaded: false,
    connection: pusher?.connection.state ?? 'connecting',
    members: [],
  };
  const change = (changes) => onChange(Object.assign(state, changes));

  const resync = createResync(async () => {
    const isChanged = board.replace(await source.read());
    if (isChanged || !state.isLoaded) change({ isLoaded: true });
  }, onError);

  function onStreamMessage(name, payload) {
    const session = payload.session_id ?? payload.conditions?.session_id;
    if (session !== undefined && session !== sessionId) return;
    if (!seen.isNew(payload.event_id)) return;
    // A rehearsal, or a gift: neither is a state of the goal.
    if (payload.test === true || name === 'goal.contributed') {
      onEvent(name, payload);
      return;
    }
    const { isStale, isChanged, isGap } = board.apply(name, payload);
    if (isChanged) change();
    if (isGap) resync.request();
    if (!isStale) onEvent(name, payload);
  }

  function onViewerMessage(channel, name, encrypted) {
    const secret = authorization.secretOf(channel);
    const payload = secret ? decrypt(nacl, secret, encrypted) : encrypted;
    if (payload.session_id !== sessionId || !seen.isNew(payload.event_id)) return;
    onEvent(name, payload);
    if (name === 'stream.authorized') onAuthorized(payload);
    if (name !== 'stream.revoked') return;
    onRevoked(payload);
    // The channel has another key in the next session, so that it has to be joined again for it.
    if (payload.cause === 'session_ended') channelSet.leave(channel);
  }

  /** Joins the viewer's own channel, which Pusher alone has; the viewer needs a ticket or a grant. */
  function joinAs(viewer) {
    if (!channelSet) {
      onError(new Error("The viewer's own channel needs Pusher."));
      return;
    }
    const channel = nameOf(channels.viewer, streamerId, viewer);
    const onMessage = (name, encrypted) => onViewerMessage(channel, name, encrypted);
    channelSet.join(channel, { onMessage, onMembers: (members) => change({ members }) });
  }

  /** Follows the stream's channel; returns what ends that. */
  function followChannel() {
    const onStateChange = ({ current }) => change({ connection: current });
    pusher.connection.bind('state_change', onStateChange);
    // Events before the subscription are missed, so read again after each (re)subscription.
    channelSet.join(nameOf(channels.stream, streamerId), {
      onMessage: onStreamMessage,
      onJoined: resync.request,
    });
    return () => {
      pusher.connection.unbind('state_change', onStateChange);
      channelSet.leaveAll();
    };
  }

  /** Follows the server-sent events of the session instead, likewise. */
  function followEvents() {
    const onState = (connection) => change({ connection });
    const handlers = { onMessage: onStreamMessage, onOpen: resync.request, onState, onError };
    const stream = createEventStream(options, handlers);
    return () => stream.close();
  }

  resync.request();
  const unfollow = transport === 'sse' ? followEvents() : followChannel();
  if (viewerId !== undefined) joinAs(viewerId);

  function close() {
    resync.close();
    unfollow();
  }
  return { state, joinAs, resync: resync.request, close };
}

function nameOf(template, streamerId, viewerId = '') {
  return template.replaceAll('{streamer_id}', streamerId).replaceAll('{viewer_id}', viewerId);
}
