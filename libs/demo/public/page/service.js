import { fetchApi } from '../viewer-client/index.js';

const openEndShow = [{ title: 'first song', target: 600 }, { target: 1800 }];

/** The requests of the demo, each with the token of the right user. */
export function createService({ session_id: sessionId, streamer, viewer, service }) {
  const post = async (path, { token }, body) =>
    (await fetchApi(path, token, { method: 'POST', body })).json();
  const get = async (path) => (await fetchApi(path, viewer.token)).json();

  return {
    openFundingGoal({ target, opensInSeconds, minutes }) {
      const opens = Math.floor(Date.now() / 1000) + opensInSeconds;
      return post('/goals?goal_type=show_funding', streamer, {
        levels: [
          { title: `first ${target} tickets`, target },
          { title: `all ${4 * target} tickets`, target: 4 * target },
        ],
        context: { session_id: sessionId },
        ...(opensInSeconds > 0 && { nbf: opens }),
        exp: opens + 60 * minutes,
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
    readFeed: async () => (await get(`/sessions/${sessionId}/feed`)).items,
    /** How many tickets the viewer has for a funding goal. */
    async ticketsFor(goalId) {
      const { items } = await get(`/goals/${goalId}/leaderboard`);
      return items.find(({ user_id: user }) => user === viewer.user_id)?.amount ?? 0;
    },
  };
}
