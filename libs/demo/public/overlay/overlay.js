import { askJson } from '../viewer-client/index.js';
import { connect, readConfig } from '../goals/connect.js';
import { createGoalCard } from '../goals/goal-card.js';
import { createGoalList, newestFirst } from '../goals/goal-list.js';
import { sentenceOf } from '../goals/words.js';
import { createToast } from './toast.js';

const current = new Set(['scheduled', 'active']);
const worthAToast = new Set(['goal.level_reached', 'goal.completed']);

const part = (name) => document.querySelector(`[data-part=${name}]`);
const sessionId = location.pathname.split('/').at(-1);
const toast = createToast(part('toast'));
const drawGoals = createGoalList(part('goals'), () => createGoalCard(part('goal-card')));

try {
  const config = await readConfig();
  const { token } = config.viewer;
  const session = await (await askJson(`/sessions/${encodeURIComponent(sessionId)}`, token)).json();
  connect(config, {
    token,
    sessionId,
    streamerId: session.user,
    onChange: ({ goals }) =>
      drawGoals(newestFirst(goals.values()).filter(({ status }) => current.has(status))),
    onEvent: (name, payload) => worthAToast.has(name) && toast(sentenceOf(name, payload)),
    // What does not work is nothing for the audience; the goals stay as they were last known.
    onError: (error) => console.warn(error),
  });
} catch (error) {
  // It is on air, and a fault is nothing for the audience; who set the overlay up looks here.
  console.error(error);
}
