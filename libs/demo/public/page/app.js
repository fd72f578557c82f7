import { connect, readConfig } from '../goals/connect.js';
import { createGoalCard } from '../goals/goal-card.js';
import { createGoalList, newestFirst } from '../goals/goal-list.js';
import { createFeed, logEvent } from './entries.js';
import { createGoalActions } from './goal-actions.js';
import { part } from './parts.js';
import { clearProblem, showProblem } from './problem.js';
import { createService } from './service.js';
import { createSettlement } from './settlement.js';
import { createTicketPanel, showPresence } from './viewer-state.js';

const config = await readConfig();
const { session_id: sessionId, streamer, viewer } = config;
const service = createService(config);
const ticketPanel = createTicketPanel();
const feed = createFeed(service.readFeed, showProblem);
part('overlay-link').href = config.overlay_url;
part('studio-link').href = `/overlay/studio?session=${sessionId}`;

/** Runs an action of the user; the problem of the last action stays until the next one. */
const attempt = (work) => {
  clearProblem();
  return work().catch(showProblem);
};
const give = (goalId, amount) =>
  attempt(async () => {
    await service.give(goalId, amount);
    if (view.state.goals.get(goalId)?.goal_type !== 'show_funding') return;
    ticketPanel.add(goalId, amount);
    view.joinAs(viewer.user_id);
  });
const createShow = (fundingGoalId) => attempt(() => service.createShowGoal(fundingGoalId));
const refund = (goalId) =>
  attempt(async () => ticketPanel.add(goalId, -((await service.refund(goalId)) ?? 0)));
const perform = (goalId, state) => attempt(() => service.perform(goalId, state));
const finish = (goalId) => attempt(() => service.finish(goalId));

const showOf = (goals, fundingGoalId) =>
  [...goals.values()].find(
    ({ goal_type: type, context }) => type === 'show' && context.funding_goal_id === fundingGoalId,
  );

const drawGoals = createGoalList(part('goals'), () => {
  const card = createGoalCard(part('goal-card'));
  const drawActions = createGoalActions(card, { give, refund, createShow, perform, finish });
  const drawSettlement = createSettlement(card, service.readSettlement);
  const update = (goal) => {
    card.update(goal);
    drawActions(goal, {
      hasShow: showOf(view.state.goals, goal.goal_id) !== undefined,
      owns: ticketPanel.has(goal.goal_id),
    });
    if (goal.goal_type === 'show_funding') ticketPanel.settle(goal);
    drawSettlement(goal).catch(showProblem);
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
  if (state.isLoaded && !isOwnershipRead) readOwnership().catch(showProblem);
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
    logEvent(name, payload);
    if (name === 'goal.added') feed.readUntilSeen(payload.goal_id);
  },
  onAuthorized: ({ goal_id: showGoalId }) => ticketPanel.allowShow(showGoalId),
  onRevoked: ({ goal_id: id }) => ticketPanel.revokeShow(showOf(view.state.goals, id)?.goal_id),
  onError: showProblem,
});
part('open-funding').addEventListener('submit', (event) => {
  event.preventDefault();
  const form = new FormData(event.target);
  const field = (name) => Number(form.get(name));
  const goal = {
    target: field('target'),
    opensInSeconds: field('opens'),
    minutes: field('minutes'),
    startsShow: form.has('starts'),
  };
  void attempt(() => service.openFundingGoal(goal));
});
feed.read();
