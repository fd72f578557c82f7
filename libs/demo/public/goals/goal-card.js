import { createBar } from './bar.js';
import { clock, phaseOf } from './countdown.js';
import { count, currentLevel, kindOf, levelName, statusOf } from './words.js';

/** A goal on screen: the page's or the overlay's template says which parts it has. */
export function createGoalCard(template) {
  const element = template.content.firstElementChild.cloneNode(true);
  const part = (name) => element.querySelector(`[data-part=${name}]`);
  const bar = createBar(part('bar'));
  let shown;

  const write = (name, text) => {
    const place = part(name);
    if (place && place.textContent !== text) place.textContent = text;
  };

  function tick(now) {
    const { word, at } = phaseOf(shown, now);
    write('phase', word);
    write('clock', at === undefined ? '' : clock(at - now));
  }

  function update(goal) {
    shown = goal;
    const { name, target } = currentLevel(goal);
    element.dataset.goal = goal.goal_id;
    element.dataset.type = goal.goal_type;
    element.dataset.status = goal.status;
    write('kind', kindOf(goal.goal_type));
    write('status', statusOf(goal.status));
    write('title', name);
    write('progress', count(goal.progress));
    write('target', `of ${count(target)} ${goal.unit ?? ''}`);
    bar(goal);
    const levels = part('levels');
    if (levels) levels.replaceChildren(...goal.levels.map((level, index) => levelItem(level, index, goal)));
    tick(Date.now());
  }

  return { element, part, update, tick };
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
