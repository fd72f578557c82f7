import { connect, readConfig } from '../goals/connect.js';
import { createGoalCard } from '../goals/goal-card.js';
import { createGoalList, newestFirst } from '../goals/goal-list.js';
import { createEventList, createFeed } from './entries.js';
import { createGivers } from './givers.js';
import { createGoalActions } from './goal-actions.js';
import { createGoalForm } from './goal-form.js';
import { part } from './parts.js';
import { clearPassing, clearProblem, isOffline, showProblem } from './problem.js';
import { createService } from './service.js';
import { createSessionEnd } from './session-end.js';
import { createSettlement } from './settlement.js';
import { createTicketPanel, showPresence } from './viewer-state.js';

const config = await readConfig(showProblem);
clearProblem();
const { streamer, viewer } = config;
/** A stream that was opened on this page is named in its address. */
const sessionId = new URLSearchParams(location.search).get('session') ?? config.session_id;
const service = createService({ ...config, session_id: sessionId });
const ticketPanel = createTicketPanel();
const events = createEventList();

/** A problem of something that goes on by itself. */
const showTrouble = (error) => showProblem(error, isOffline(error) ? { retry: reconnect, passes: true } : {});
const feed = createFeed(service.readFeed, showTrouble);

part('overlay-link').href = config.overlay_url;
part('overlay-link').hidden = sessionId !== config.session_id;
part('studio-link').href = `/overlay/studio?session=${sessionId}`;

/**
 * Runs an action of the user with a key of its own. A retry has the same key, so what was done though no answer came is not done
 * twice. The problem of the last action stays until the next one.
 */
function attempt(work, labelOf) {
  const key = crypto.randomUUID();
  const run = () => {
    clearProblem();
    return work(key).catch((error) => showProblem(error, { labelOf, retry: run }));
  };
  return run();
}

/** What the viewer wants to be shown beside a gift. */
function giver() {
  const form = new FormData(part('giver'));
  const [name, message] = ['name', 'message'].map((field) => form.get(field).trim());
  return {
    ...(name && { display_name: name }),
    ...(message && { message }),
    ...(form.has('anonymous') && { anonymous: true }),
  };
}

const give = (goalId, amount) =>
  attempt(async (key) => {
    await service.give(goalId, amount, giver(), key);
    if (view.state.goals.get(goalId)?.goal_type !== 'show_funding') return;
    ticketPanel.add(goalId, amount);
    view.joinAs(viewer.user_id);
  }, giverLabelOf);
const giverLabelOf = (pointer) => ({ '/display_name': 'Your name', '/message': 'Your message' })[pointer];

const calls = {
  createShow: (fundingGoalId) => attempt((key) => service.createShowGoal(fundingGoalId, key)),
  createExclusive: (triggerId) => attempt((key) => service.createExclusiveGoal(triggerId, key)),
  refund: (goalId) => attempt(async () => ticketPanel.add(goalId, -((await service.refund(goalId)) ?? 0))),
  perform: (goalId, state) => attempt((key) => service.perform(goalId, state, key)),
  finish: (goalId) => attempt(() => service.finish(goalId)),
  cancel: (goalId) => attempt(() => service.cancel(goalId)),
};

/** The goal that completes the pair which this one opened. */
const completing = (goals, type, reference, goalId) =>
  [...goals.values()].find((goal) => goal.goal_type === type && goal.context[reference] === goalId);
const showOf = (goals, id) => completing(goals, 'show', 'funding_goal_id', id);
const exclusiveOf = (goals, id) => completing(goals, 'exclusive', 'trigger_exclusive_goal_id', id);

const drawGoals = createGoalList(part('goals'), () => {
  const card = createGoalCard(part('goal-card'));
  const drawSettlement = createSettlement(card, service.readSettlement);
  const givers = createGivers(card, {
    viewerId: viewer.user_id,
    read: (goalId) => Promise.all([service.readLeaderboard(goalId), service.readGivers(goalId)]),
    removeMessage: (goalId, sourceId) => attempt(() => service.removeMessage(goalId, sourceId)),
    onError: showTrouble,
  });
  // The leaderboard has a gift once it is answered, perhaps later than the goal has it.
  const giveAndShow = (goalId, amount) => give(goalId, amount).then(givers.refresh);
  const drawActions = createGoalActions(card, { ...calls, give: giveAndShow });
  const update = (goal) => {
    card.update(goal);
    drawActions(goal, {
      hasShow: showOf(view.state.goals, goal.goal_id) !== undefined,
      hasExclusive: exclusiveOf(view.state.goals, goal.goal_id) !== undefined,
      owns: ticketPanel.has(goal.goal_id),
    });
    if (goal.goal_type === 'show_funding') ticketPanel.settle(goal);
    drawSettlement(goal).catch(showTrouble);
    givers.update(goal);
  };
  return { ...card, update };
});

let members = 0;
let isOwnershipRead = false;
function draw(state) {
  drawGoals(newestFirst(state.goals.values()));
  part('goals-empty').hidden = state.goals.size > 0;
  part('goals-empty').textContent = state.isLoaded
    ? 'No goals yet. Open a funding goal.'
    : 'Reading the goals…';
  showPresence(state, viewer.user_id);
  if (state.connection === 'connected') clearPassing();
  if (state.isLoaded && !isOwnershipRead) readOwnership().catch(showTrouble);
  if (state.members.length > members) catchUp();
  members = state.members.length;
}

/** Reads the tickets that were bought before a reload, and joins the viewer's own channel. */
async function readOwnership() {
  isOwnershipRead = true;
  for (const { goal_id: id, goal_type: type } of view.state.goals.values()) {
    const tickets = type === 'show_funding' ? await service.ticketsFor(id) : 0;
    if (tickets === 0) continue;
    ticketPanel.add(id, tickets);
    view.joinAs(viewer.user_id);
  }
}

/** Finds shows whose stream.authorized came before the viewer's own channel was joined. */
function catchUp() {
  for (const { goal_id: id, goal_type: type, status, context } of view.state.goals.values())
    if (type === 'show' && status === 'active' && ticketPanel.has(context.funding_goal_id))
      ticketPanel.allowShow(id);
}

const view = connect(config, {
  token: viewer.token,
  sessionId,
  streamerId: streamer.user_id,
  onChange: draw,
  onEvent(name, payload) {
    events.add(name, payload);
    if (name === 'goal.added') feed.readUntilSeen(payload.goal_id);
  },
  onAuthorized: ({ goal_id: showGoalId }) => ticketPanel.allowShow(showGoalId),
  onRevoked: ({ goal_id: id }) => ticketPanel.revokeShow(showOf(view.state.goals, id)?.goal_id),
  onError: showTrouble,
});

function reconnect() {
  clearProblem();
  view.reconnect();
  feed.read();
}

part('retry').addEventListener('click', reconnect);
createGoalForm(part('open-goal'), (type, body, labelOf) =>
  attempt((key) => service.openGoal(type, body, key), labelOf),
);
void createSessionEnd(service, attempt);
feed.read();
service.readEvents().then((sent) => events.addHistory(sent), showTrouble);
