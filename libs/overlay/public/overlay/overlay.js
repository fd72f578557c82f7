import { fetchApi, createStreamView } from '../viewer-client/index.js';
import { createCard } from './card.js';
import { createCardList } from './card-list.js';
import { createConfetti } from './confetti.js';
import { applyLooks } from './looks.js';
import { createAnimator, createMotionSwitch } from './motion.js';
import { createMoments } from './moments.js';
import { createRecentGoals } from './recent-goals.js';
import { sampleGoals } from './sample.js';
import { readSettings } from './settings.js';
import { createSound } from './sound.js';
import { createToasts } from './toasts.js';
import { sessionOf } from './token.js';
import { createTransport, watchToken } from './transport.js';
import { wordsIn } from './words.js';

const retryMs = 2_000;
const badgeMs = 6_000;
const part = (name) => document.querySelector(`[data-part=${name}]`);
const query = new URLSearchParams(location.search);
const settings = readSettings(location.search, (fault) => console.warn(fault));
const words = wordsIn(settings.lang);
const { accent } = applyLooks(document.documentElement, settings, words);
const mayMove = createMotionSwitch(settings.motion);
const createNumber = createAnimator(mayMove);

const toasts = createToasts(part('toast'), part('goals'), settings.position);
const list = createCardList(
  part('goals'),
  () => createCard(part('card'), words, createNumber),
  () => toasts.arrange(),
);
const recent = createRecentGoals(settings, (goals) => list.draw(goals));
const moments = createMoments({
  words,
  list,
  toasts,
  confetti: createConfetti(part('confetti'), accent),
  sound: settings.sound === 'on' ? createSound() : undefined,
  mayMove,
});

/** Nothing is left on air; who set the overlay up finds the reason in the console. */
function blank(reason) {
  document.body.dataset.state = 'blank';
  recent.clear();
  moments.clear();
  console.error(`The overlay shows nothing: ${reason}`);
}

/** What the token lets the overlay begin with. A server that is away is asked again; a refusal is final. */
async function untilAnswered(ask) {
  try {
    return await ask();
  } catch (error) {
    const status = error.problem?.status;
    if (status >= 400 && status < 500 && status !== 429) throw error;
    console.warn(error);
    await new Promise((resolve) => setTimeout(resolve, retryMs));
    return untilAnswered(ask);
  }
}

let badgeTimer;
/** Says that what is seen is a rehearsal; in the studio alone, never on air. */
function showBadge() {
  clearTimeout(badgeTimer);
  part('badge').hidden = false;
  badgeTimer = setTimeout(() => (part('badge').hidden = true), badgeMs);
}

async function follow(token) {
  const sessionId = sessionOf(token);
  if (!sessionId) throw new Error('the address has no token of an overlay (?token=…)');
  const session = await untilAnswered(async () => (await fetchApi(`/sessions/${sessionId}`, token)).json());
  const transport = await untilAnswered(() => createTransport(token));
  const isPreview = query.has('preview');
  let view;
  let isOver = false;
  let wasConnected = false;
  const end = () => {
    isOver = true;
    view.close();
    blank('its token was revoked or has expired');
  };
  const onState = ({ goals, connection, isLoaded }) => {
    if (isOver) return;
    if (connection === 'failed') {
      end();
      return;
    }
    // What is shown before the first break is no old news.
    if (connection === 'connected') document.body.dataset.state = 'live';
    else if (connection === 'unavailable' || wasConnected) document.body.dataset.state = 'lost';
    wasConnected ||= connection === 'connected';
    if (isLoaded) recent.set(goals.values());
  };
  view = createStreamView({
    api: '',
    token,
    sessionId,
    streamerId: session.user,
    ...transport,
    onChange: onState,
    onEvent(name, payload) {
      if (payload.test && isPreview) showBadge();
      if (payload.test) recent.rehearse(payload);
      else recent.note(payload.goal_id);
      if (recent.isChosen(payload.goal_id)) moments.on(name, payload);
    },
    // Errors are not for the audience.
    onError: (error) => console.warn(error),
  });
  if (transport.transport === 'pusher') watchToken(token, sessionId, end);
}

if (query.has('sample')) {
  document.body.dataset.state = 'live';
  recent.set(sampleGoals(Date.now(), settings.lang, query.get('titles') === 'long'));
  addEventListener('message', ({ origin, data }) => {
    if (origin === location.origin && data?.event) moments.on(data.event, data.payload);
  });
} else {
  follow(query.get('token')).catch((error) => blank(error.message));
}
