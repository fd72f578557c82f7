import { make, part } from './parts.js';

const place = part('problem');

/** Shows an error with the api's text until it is dismissed or the next action starts. */
export function showProblem(error) {
  const { title = 'That did not work', detail, code, errors = [] } = error.problem ?? {};
  const dismiss = make('button', 'quiet', 'Dismiss');
  dismiss.type = 'button';
  dismiss.addEventListener('click', clearProblem);
  const text = make('div', 'problem-text');
  text.append(make('h2', '', title), make('p', '', detail ?? error.message));
  if (errors.length > 0) text.append(faultList(errors));
  if (code) text.append(make('p', 'code', code));
  place.replaceChildren(text, dismiss);
  place.hidden = false;
}

export function clearProblem() {
  place.hidden = true;
  place.replaceChildren();
}

function faultList(errors) {
  const list = make('ul', 'faults');
  for (const { pointer, detail } of errors) {
    const item = make('li', '');
    item.append(make('code', '', pointer), ` ${detail}`);
    list.append(item);
  }
  return list;
}
