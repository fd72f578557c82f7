import { createChannelSet } from './channel-set.js';
import { decrypt } from './decrypt.js';
import { GoalBoard } from './goal-board.js';
import { createResync } from './resync.js';
import { SeenEvents } from './seen-events.js';
import { SessionGoals } from './session-goals.js';

const nothing = () => undefined;

const defaultChannels = {
  stream: 'private-stream@{streamer_id}',
  viewer: 'presence-enc-stream-viewer@{streamer_id}.sd.{viewer_id}',
};

/** The goals of one session, live: reads them once, then follows the events of the stream. */
export function createStreamView(options) {
  const {
    sessionId,
    streamerId,
    viewerId,
    pusher,
    authorization,
    nacl,
    channels = defaultChannels,
  } = options;
  const { onChange = nothing, onEvent = nothing, onAuthorized = nothing, onError = nothing } = options;
  const board = new GoalBoard();
  const seen = new SeenEvents();
  const joined = createChannelSet(pusher, onError);
  const source = new SessionGoals(options);
  const state = { goals: board.goals, isLoaded: false, connection: pusher.connection.state, members: [] };
  const change = (changes) => onChange(Object.assign(state, changes));

  const resync = createResync(async () => {
    const isChanged = board.replace(await source.read());
    if (isChanged || !state.isLoaded) change({ isLoaded: true });
  }, onError);

  function take(name, payload) {
    const session = payload.session_id ?? payload.conditions?.session_id;
    if (session !== undefined && session !== sessionId) return;
    if (!seen.isNew(payload.event_id)) return;
    const { isStale, isChanged, isGap } = board.apply(name, payload);
    if (isChanged) change();
    if (isGap) resync.ask();
    if (!isStale) onEvent(name, payload);
  }

  function takeOwn(channel, name, sealed) {
    const secret = authorization.secretOf(channel);
    const payload = secret ? decrypt(nacl, secret, sealed) : sealed;
    if (payload.session_id !== sessionId || !seen.isNew(payload.event_id)) return;
    onEvent(name, payload);
    if (name === 'stream.authorized') onAuthorized(payload);
  }

  const streamChannel = nameOf(channels.stream, streamerId);
  const follow = ({ current }) => change({ connection: current });

  /** Joins the viewer's own channel; for who owns a ticket. */
  function joinAs(viewer) {
    const channel = nameOf(channels.viewer, streamerId, viewer);
    const onNews = (name, sealed) => takeOwn(channel, name, sealed);
    joined.join(channel, { onNews, onMembers: (members) => change({ members }) });
  }

  pusher.connection.bind('state_change', follow);
  resync.ask();
  // Read again once the channel is joined, after a lost connection too: only from then on is nothing missed.
  joined.join(streamChannel, { onNews: take, onJoined: resync.ask });
  if (viewerId !== undefined) joinAs(viewerId);

  function close() {
    resync.close();
    pusher.connection.unbind('state_change', follow);
    joined.leaveAll();
  }
  return { state, joinAs, resync: resync.ask, close };
}

function nameOf(template, streamerId, viewerId = '') {
  return template.replaceAll('{streamer_id}', streamerId).replaceAll('{viewer_id}', viewerId);
}
