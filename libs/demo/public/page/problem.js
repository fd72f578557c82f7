import { make, part } from './parts.js';

const place = part('problem');
let shownPasses = false;

/** Whether the service could not be asked at all: what `fetch` throws, in the words of each browser. */
export const isOffline = (error) =>
  error instanceof TypeError && /fetch|network|load failed/i.test(error.message);

/**
 * Shows an error with the api's text until it is dismissed or the next action starts.
 * @param labelOf the label of the field that a pointer leads to; undefined if there is none.
 * @param retry does again what could not reach the service.
 * @param passes whether it is over once the page is connected again; it then takes the place of no other problem.
 */
export function showProblem(error, { labelOf = () => undefined, retry, passes = false } = {}) {
  const offline = isOffline(error);
  // It is said once, not with each try.
  if (passes && !place.hidden) return;
  const { title, detail, code, errors = [] } = offline ? offlineProblem : (error.problem ?? {});
  const text = make('div', 'problem-text');
  text.append(make('h2', '', title ?? 'That did not work'), make('p', '', detail ?? error.message));
  if (errors.length > 0) text.append(faultList(errors, labelOf));
  if (code) text.append(make('p', 'code', code));
  const buttons = make('div', 'actions');
  if (offline && retry) buttons.append(buttonOf('Try again', retry));
  buttons.append(buttonOf('Dismiss', clearProblem));
  place.replaceChildren(text, buttons);
  place.hidden = false;
  shownPasses = passes;
}

export function clearProblem() {
  place.hidden = true;
  place.replaceChildren();
  shownPasses = false;
}

/** The page is connected: what was said of a lost connection is over. */
export function clearPassing() {
  if (shownPasses) clearProblem();
}

const offlineProblem = {
  title: 'goalpost cannot be reached',
  detail: 'Nothing was lost. See whether npm start still runs, and try again.',
};

function buttonOf(label, act) {
  const button = make('button', 'quiet', label);
  button.type = 'button';
  button.addEventListener('click', () => void act());
  return button;
}

function faultList(errors, labelOf) {
  const list = make('ul', 'faults');
  for (const { pointer, detail } of errors) {
    const item = make('li', '');
    const label = labelOf(pointer);
    item.append(label === undefined ? make('code', '', pointer) : make('strong', '', label), ` ${detail}`);
    list.append(item);
  }
  return list;
}
