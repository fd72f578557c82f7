import { pictureOf } from './picture.js';
import { writeWords } from './fonts.js';

const celebratedMs = 3_200;

/** The element of a goal. Each layout shows some of its parts; the style sheets say which and where. */
export function createCard(template, words, createNumber) {
  const element = template.content.firstElementChild.cloneNode(true);
  const part = (name) => element.querySelector(`[data-part=${name}]`);
  const bar = part('bar');
  const marks = part('marks');
  let goal;
  let since = Date.now();
  let timer;

  const write = (name, text) => {
    const place = part(name);
    if (place.textContent !== text) place.textContent = text;
  };
  const drawProgress = createNumber((value) => write('progress', words.amount(goal.unit, Math.round(value))));
  const drawShare = createNumber((share) => {
    element.style.setProperty('--done', share.toFixed(4));
    write('percent', `${Math.floor(100 * share)}%`);
  });

  function drawMarks(positions) {
    const text = positions.join();
    if (marks.dataset.positions === text) return;
    marks.dataset.positions = text;
    marks.replaceChildren(
      ...positions.map((at) => {
        const mark = document.createElement('i');
        mark.style.left = `${100 * at}%`;
        return mark;
      }),
    );
  }

  /** Shows how it stands at a moment: countdowns and the time on stage go on between events. */
  function tick(now) {
    const picture = pictureOf(goal, words, now - since);
    drawProgress.to(picture.progress);
    drawShare.to(picture.share);
    write('caption', picture.caption);
    write('clock', picture.until === undefined ? '' : words.duration(picture.until - now));
  }

  function update(next) {
    if (goal?.version !== next.version || goal?.progress !== next.progress) since = Date.now();
    goal = next;
    const picture = pictureOf(goal, words);
    Object.assign(element.dataset, {
      goal: goal.goal_id,
      type: goal.goal_type ?? '',
      status: goal.status,
      over: picture.isOver,
      reached: picture.isReached,
      live: picture.isLive,
    });
    element.dataset.long = picture.title.length > 26;
    writeWords(part('title'), picture.title);
    write('kind', picture.kind);
    write('target', picture.target);
    drawMarks(picture.marks);
    bar.setAttribute('aria-label', picture.title);
    bar.setAttribute('aria-valuenow', Math.round(100 * picture.share));
    bar.setAttribute('aria-valuetext', picture.valueText);
    tick(Date.now());
  }

  /** Has it shine for a moment. */
  function celebrate() {
    element.dataset.celebrates = true;
    clearTimeout(timer);
    timer = setTimeout(() => delete element.dataset.celebrates, celebratedMs);
  }

  function remove() {
    drawProgress.stop();
    drawShare.stop();
    clearTimeout(timer);
    element.remove();
  }

  return { element, update, tick, celebrate, remove };
}
