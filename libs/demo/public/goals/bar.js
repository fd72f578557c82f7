import { count, kindOf, levelName } from './words.js';

/** Draws a goal's way to its last level as a progress bar, with a mark at each level before that. */
export function createBar(element) {
  const fill = element.querySelector('[data-part=fill]');
  const marks = element.querySelector('[data-part=marks]');

  function drawMarks({ levels }, last) {
    const places = levels.slice(0, -1).map(({ target }) => `${(100 * target) / last}%`);
    if (marks.dataset.places === places.join()) return;
    marks.dataset.places = places.join();
    marks.replaceChildren(
      ...places.map((left) => Object.assign(document.createElement('i'), { style: `left: ${left}` })),
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
