/**
 * Stores what a service has after years: sessions, each with a funding goal, its tickets, its show and the place of that, feed
 * and analytics, and the event log of its last days.
 */
import { Types } from 'mongoose';

const batch = 5_000;
const day = 24 * 3600_000;
/** Of a hundred funding goals the last one is open still. */
const stillOpen = 100;
const tickets = 5;
/** EVENT_LOG_DAYS, by default. */
const keptDays = 30;

/** Makes the stored goals so many, beside those that were made by requests. */
export async function fillTo(mongo, stored, size) {
  const insert = (name, documents) => mongo.collection(name).insertMany(documents, { ordered: false });
  for (let count = stored; count < size; count += 2 * batch) {
    const pairs = Array.from({ length: Math.min(batch, (size - count) / 2) }, (_, at) =>
      pairOf(count / 2 + at),
    );
    const goals = pairs.flatMap(({ funding, show }) => [funding, show]);
    const events = goals
      .filter(({ created_at }) => created_at.getTime() > Date.now() - keptDays * day)
      .flatMap(eventsOf);
    await Promise.all([
      insert(
        'session',
        pairs.map(({ session }) => session),
      ),
      insert('goal', goals),
      insert('goal_request', pairs.map(placeOf)),
      insert('event_log', events),
      insert('livestream_feed', goals.map(feedOf)),
      insert('analytics_event', goals.map(trackedOf)),
      insert(
        'goal_contribution',
        pairs.flatMap(({ funding }) => ticketsOf(funding)),
      ),
    ]);
  }
}

function pairOf(index) {
  const [sessionId, streamer, fundingId, showId] = Array.from({ length: 4 }, () => new Types.ObjectId());
  const isOpen = index % stillOpen === 0;
  const created_at = new Date(Date.now() - day * (1 + (index % 1_000)));
  const session_id = sessionId.toHexString();
  const goal = (_id, _cls, context, more = {}) => ({
    _id,
    _cls,
    active: isOpen,
    status: isOpen ? 'active' : 'expired',
    version: 2,
    levels: [{ title: 'first song', target: 600 }, { target: 1800 }],
    level: 0,
    progress: index % 600,
    conditions: { session_id },
    context: { ...context, session_id },
    metadata: { user_id: streamer.toHexString() },
    nbf: created_at,
    exp: isOpen ? new Date(Date.now() + 30 * day) : new Date(created_at.getTime() + day / 24),
    created_at,
    ...more,
  });
  const exp = new Date(created_at.getTime() + day / 24);
  const settled = isOpen
    ? { outcome: 'open' }
    : {
        outcome: 'delivered',
        countdown_ended_at: exp,
        settle_by: new Date(exp.getTime() + day),
        settled_at: exp,
        settlement: { tickets, total: tickets },
      };
  const context = { type: 'show_funding', show_goal_id: showId.toHexString() };
  return {
    session: {
      _id: sessionId,
      user: streamer,
      active: isOpen,
      show_goal_pairs: [{ funding_goal: fundingId, show_goal: showId }],
      karaoke_goal: null,
      exclusive_goal_pairs: [],
      trigger_private_goal: null,
      rtc_sources: [],
      created_at,
    },
    funding: goal(fundingId, 'ShowFundingGoal', context, {
      minimum_level: 1,
      accepted_show: { goal_id: showId.toHexString(), at: created_at },
      ...settled,
    }),
    show: goal(showId, 'ShowGoal', { type: 'show', funding_goal_id: fundingId.toHexString() }),
  };
}

/** What is left of the request of a show: it holds the second place of the pair. */
function placeOf({ show: { _id, _cls, conditions, context, metadata, levels, created_at }, funding }) {
  return {
    _id: `pair:${funding._id.toHexString()}`,
    goal_id: _id,
    v: 1,
    goal: { goal_id: _id.toHexString(), _cls, conditions, context, metadata, levels },
    accepted_at: created_at,
    stored: true,
  };
}

let position = 0;

/** Its events lie before all that are made by requests. */
function eventsOf({ _id, created_at, conditions, ...goal }) {
  const goal_id = _id.toHexString();
  const { session_id } = conditions;
  return ['goal.created', 'goal.added', 'goal.updated'].map((type) => ({
    seq: --position,
    type,
    version: goal.version,
    occurred_at: created_at,
    goal_id,
    session_id,
    data: { ...goal, goal_id, conditions, session_id },
    expires_at: new Date(created_at.getTime() + (keptDays + 1) * day),
  }));
}

function feedOf({ _id: goal, _cls, context, metadata, created_at }) {
  return {
    session: new Types.ObjectId(context.session_id),
    streamer: new Types.ObjectId(metadata.user_id),
    type: 'goal.added',
    goal,
    payload: { _cls, context },
    created_at,
  };
}

function trackedOf({ _id, metadata, created_at, ...properties }) {
  return { event: 'goal.created', goal_id: _id.toHexString(), ...metadata, properties, created_at };
}

function ticketsOf({ _id: goal_id, created_at }) {
  return Array.from({ length: tickets }, () => ({
    goal_id,
    source_id: new Types.ObjectId().toHexString(),
    user_id: new Types.ObjectId().toHexString(),
    amount: 1,
    created_at,
  }));
}
