import { fetchApi } from '../viewer-client/index.js';

/** A show that starts by itself is measured by the time on stage, one by hand by coins. */
const timedShow = {
  levels: [
    { title: 'five seconds', target: 5 },
    { title: 'ten minutes', target: 600 },
  ],
  duration_seconds: 3600,
  start: 'on_countdown_end',
};
const openEndShow = [{ title: 'first song', target: 600 }, { target: 1800 }];

/** The requests of the demo, each with the token of the right user. */
export function createService({ session_id: sessionId, streamer, viewer, service }) {
  const post = async (path, { token }, body) =>
    (await fetchApi(path, token, { method: 'POST', body })).json();
  const get = async (path) => (await fetchApi(path, viewer.token)).json();

  return {
    openFundingGoal({ target, opensInSeconds, minutes, startsShow }) {
      const opens = Math.floor(Date.now() / 1000) + opensInSeconds;
      return post('/goals?goal_type=show_funding', streamer, {
        levels: [
          { title: `first ${target} tickets`, target },
          { title: `all ${4 * target} tickets`, target: 4 * target },
        ],
        context: { session_id: sessionId },
        ...(opensInSeconds > 0 && { nbf: opens }),
        exp: opens + Math.ceil(60 * minutes),
        ...(startsShow && { show: timedShow }),
      });
    },
    createShowGoal: (fundingGoalId) =>
      post('/goals?goal_type=show', streamer, {
        levels: openEndShow,
        unit: 'coins',
        context: { funding_goal_id: fundingGoalId, session_id: sessionId },
      }),
    /** The platform sells tickets on behalf of the viewer. */
    give: (goalId, amount) =>
      post(`/goals/${goalId}/contributions`, service, {
        source_id: crypto.randomUUID(),
        user_id: viewer.user_id,
        amount,
      }),
    /** The payment service gives the viewer's last ticket back; resolves with its amount, or undefined if there is none. */
    async refund(goalId) {
      const path = `/goals/${goalId}/contributions`;
      const { items } = await (await fetchApi(path, service.token)).json();
      const last = items.findLast(
        ({ user_id: user, voided_at: at }) => user === viewer.user_id && at === null,
      );
      if (!last) return undefined;
      await post(`${path}/${encodeURIComponent(last.source_id)}/void`, service, { reason: 'asked for it' });
      return last.amount;
    },
    /** The relay of the RTC server reports that the performance goes on, or pauses. */
    perform: (goalId, state) =>
      post(`/goals/${goalId}/performance`, service, { source_id: crypto.randomUUID(), state }),
    finish: (goalId) => post(`/goals/${goalId}/finish`, streamer, {}),
    /** What becomes of the tickets, as the streamer reads it. */
    readSettlement: async (goalId) => (await fetchApi(`/goals/${goalId}/settlement`, streamer.token)).json(),
    readFeed: async () => (await get(`/sessions/${sessionId}/feed`)).items,
    /** How many tickets the viewer has for a funding goal. */
    async ticketsFor(goalId) {
      const { items } = await get(`/goals/${goalId}/leaderboard`);
      return items.find(({ user_id: user }) => user === viewer.user_id)?.amount ?? 0;
    },
  };
}
