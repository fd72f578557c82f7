import { fetchApi } from '../viewer-client/index.js';

const openEndShow = [{ title: 'first song', target: 600 }, { target: 1800 }];
const exclusiveLevels = [{ title: 'a song of your choice', target: 400 }, { target: 1600 }];
const exclusiveSeconds = 3600;

/** The requests of the demo, each with the token of the right user. What gets a `key` may be sent again with it. */
export function createService({ session_id: sessionId, streamer, viewer, service }) {
  const send = async (method, path, { token }, body, headers) => {
    const response = await fetchApi(path, token, { method, body, headers });
    return response.status === 204 ? undefined : response.json();
  };
  const post = (path, user, body, headers) => send('POST', path, user, body, headers);
  const get = (path, user = viewer) => send('GET', path, user);
  const contributions = (goalId) => `/goals/${goalId}/contributions`;

  /** Every item of a list, page by page. */
  async function all(path, user) {
    const items = [];
    let cursor = '';
    do {
      const page = await get(`${path}?limit=100${cursor && `&cursor=${encodeURIComponent(cursor)}`}`, user);
      items.push(...page.items);
      cursor = page.next_cursor;
    } while (cursor);
    return items;
  }

  const openGoal = (type, { context, ...body }, key) =>
    post(
      `/goals?goal_type=${type}`,
      streamer,
      { ...body, context: { ...context, session_id: sessionId } },
      { 'idempotency-key': key },
    );

  return {
    openGoal,
    createShowGoal: (fundingGoalId, key) =>
      openGoal(
        'show',
        { levels: openEndShow, unit: 'coins', context: { funding_goal_id: fundingGoalId } },
        key,
      ),
    createExclusiveGoal: (triggerId, key) =>
      openGoal(
        'exclusive',
        {
          levels: exclusiveLevels,
          exp: Math.floor(Date.now() / 1000) + exclusiveSeconds,
          context: { trigger_exclusive_goal_id: triggerId },
        },
        key,
      ),
    cancel: (goalId) => send('DELETE', `/goals/${goalId}`, streamer),
    /** The platform sells on behalf of the viewer; `giver` is what the viewer wants to be shown. */
    give: (goalId, amount, giver, key) =>
      post(contributions(goalId), service, { source_id: key, user_id: viewer.user_id, amount, ...giver }),
    /** The payment service gives the viewer's last ticket back; resolves with its amount, or undefined if there is none. */
    async refund(goalId) {
      const items = await all(contributions(goalId), service);
      const last = items.findLast(
        ({ user_id: user, voided_at: at }) => user === viewer.user_id && at === null,
      );
      if (!last) return undefined;
      const path = `${contributions(goalId)}/${encodeURIComponent(last.source_id)}/void`;
      await post(path, service, { reason: 'asked for it' });
      return last.amount;
    },
    /** The relay of the RTC server reports that the performance goes on, or pauses. */
    perform: (goalId, state, key) => post(`/goals/${goalId}/performance`, service, { source_id: key, state }),
    finish: (goalId) => post(`/goals/${goalId}/finish`, streamer, {}),
    endSession: () => post(`/sessions/${sessionId}/end`, streamer),
    openSession: async (key) =>
      (await post('/sessions', streamer, {}, { 'idempotency-key': key })).session_id,
    readSession: () => get(`/sessions/${sessionId}`),
    /** What becomes of the tickets, as the streamer reads it. */
    readSettlement: (goalId) => get(`/goals/${goalId}/settlement`, streamer),
    readFeed: (cursor) =>
      get(`/sessions/${sessionId}/feed?limit=10${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`),
    /** Every event of the session that was sent, oldest first, as another service reads them. */
    async readEvents() {
      const events = [];
      let after = '';
      for (;;) {
        const query = new URLSearchParams({ session_id: sessionId, limit: 1000, ...(after && { after }) });
        const { items, next_cursor: next } = await get(`/events?${query}`, service);
        if (items.length === 0) return events;
        events.push(...items);
        after = next;
      }
    },
    readLeaderboard: async (goalId) => (await get(`/goals/${goalId}/leaderboard?limit=10`)).items,
    /** Who gave, as the streamer reads it; oldest first. */
    readGivers: (goalId) => all(contributions(goalId), streamer),
    removeMessage: (goalId, sourceId) =>
      send('DELETE', `${contributions(goalId)}/${encodeURIComponent(sourceId)}/message`, streamer),
    /** How many tickets the viewer has for a funding goal. */
    async ticketsFor(goalId) {
      const { items } = await get(`/goals/${goalId}/leaderboard`);
      return items
        .filter(({ user_id: user }) => user === viewer.user_id)
        .reduce((sum, { amount }) => sum + amount, 0);
    },
  };
}
