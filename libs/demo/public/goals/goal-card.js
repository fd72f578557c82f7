import { clock } from './countdown.js';
import { phaseOf } from './phase.js';
import { amount, count, currentLevel, kindOf, levelName, statusOf } from './words.js';

/** The element of a goal; the template of the page or the overlay decides which parts it has. */
export function createGoalCard(template) {
  const element = template.content.firstElementChild.cloneNode(true);
  const part = (name) => element.querySelector(`[data-part=${name}]`);
  const bar = createBar(part('bar'));
  let shown;
  let shownSince;

  const write = (name, text) => {
    const place = part(name);
    if (place && place.textContent !== text) place.textContent = text;
  };

  function tick(now) {
    const { text, at } = phaseOf(shown, now);
    write('phase', text);
    write('clock', at === undefined ? '' : clock(at - now));
    if (shown.performance !== 'live') return;
    // Between two events the time on stage goes on.
    write('progress', amount(shown, shown.progress + Math.floor((now - shownSince) / 1000)));
  }

  function update(goal) {
    if (shown?.version !== goal.version) shownSince = Date.now();
    shown = goal;
    const { name, target } = currentLevel(goal);
    element.dataset.goal = goal.goal_id;
    element.dataset.type = goal.goal_type;
    element.dataset.status = goal.status;
    write('kind', kindOf(goal.goal_type));
    write('status', statusOf(goal));
    write('title', name);
    write('progress', amount(goal, goal.progress));
    const late = goal.late_tickets > 0 ? `, ${count(goal.late_tickets)} late` : '';
    write(
      'target',
      `of ${amount(goal, target)} ${goal.unit === 'seconds' ? 'on stage' : (goal.unit ?? '')}${late}`,
    );
    bar(goal);
    const levels = part('levels');
    if (levels) levels.replaceChildren(...goal.levels.map((level, index) => levelItem(level, index, goal)));
    tick(Date.now());
  }

  return { element, part, update, tick };
}

/** Draws the progress of a goal towards its last level, with a mark at each earlier level. */
function createBar(element) {
  const fill = element.querySelector('[data-part=fill]');
  const marks = element.querySelector('[data-part=marks]');

  function drawMarks({ levels }, last) {
    const positions = levels.slice(0, -1).map(({ target }) => `${(100 * target) / last}%`);
    if (marks.dataset.positions === positions.join()) return;
    marks.dataset.positions = positions.join();
    marks.replaceChildren(
      ...positions.map((left) => Object.assign(document.createElement('i'), { style: `left: ${left}` })),
    );
  }

  return (goal) => {
    const { levels, progress, unit } = goal;
    const last = levels.at(-1).target;
    const shown = Math.min(progress, last);
    fill.style.setProperty('--done', String(shown / last));
    drawMarks(goal, last);
    element.setAttribute('aria-label', `${kindOf(goal.goal_type)} goal`);
    element.setAttribute('aria-valuemax', last);
    element.setAttribute('aria-valuenow', shown);
    const reached = goal.level > 0 ? `, reached ${levelName(levels[goal.level - 1], goal.level - 1)}` : '';
    element.setAttribute('aria-valuetext', `${count(progress)} of ${count(last)} ${unit}${reached}`);
  };
}

function levelItem(level, index, { level: reached }) {
  const item = document.createElement('li');
  item.dataset.reached = index < reached;
  const state = Object.assign(document.createElement('span'), { className: 'unseen' });
  state.textContent = index < reached ? 'reached: ' : 'to reach: ';
  const target = Object.assign(document.createElement('b'), { textContent: count(level.target) });
  item.append(state, `${levelName(level, index)} `, target);
  return item;
}
