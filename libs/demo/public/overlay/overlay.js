import { fetchApi } from '../viewer-client/index.js';
import { connect, readConfig } from '../goals/connect.js';
import { createGoalCard } from '../goals/goal-card.js';
import { createGoalList, newestFirst } from '../goals/goal-list.js';
import { sentenceOf } from '../goals/words.js';

const shownMs = 6000;
const current = new Set(['scheduled', 'active']);
const toastEvents = new Set(['goal.level_reached', 'goal.completed']);

const part = (name) => document.querySelector(`[data-part=${name}]`);
const sessionId = location.pathname.split('/').at(-1);
const toast = createToast(part('toast'));
const drawGoals = createGoalList(part('goals'), () => createGoalCard(part('goal-card')));

try {
  const config = await readConfig();
  const { token } = config.viewer;
  const session = await (await fetchApi(`/sessions/${encodeURIComponent(sessionId)}`, token)).json();
  connect(config, {
    token,
    sessionId,
    streamerId: session.user,
    onChange: ({ goals }) =>
      drawGoals(newestFirst(goals.values()).filter(({ status }) => current.has(status))),
    onEvent: (name, payload) => toastEvents.has(name) && toast(sentenceOf(name, payload)),
    // Errors are not for the audience; the goals stay as they are.
    onError: (error) => console.warn(error),
  });
} catch (error) {
  // Errors are not for the audience; whoever sets the overlay up finds them in the console.
  console.error(error);
}

/** Shows a text for a few seconds; the next text replaces it. */
function createToast(element) {
  let timer;
  return (text) => {
    clearTimeout(timer);
    element.textContent = text;
    timer = setTimeout(() => {
      element.textContent = '';
    }, shownMs);
  };
}
