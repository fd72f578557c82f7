/** The operators' console: reads /admin/api/overview every few seconds, and the story of a goal when it is asked for. */
const REFRESH_MS = 5000;

const byId = (id) => document.getElementById(id);

/** An element with attributes and children; a string becomes text, never markup. */
function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes))
    if (key === 'onclick') made.addEventListener('click', value);
    else if (value !== undefined) made.setAttribute(key, value);
  made.append(...children.map((child) => child ?? ''));
  return made;
}

const code = (text) => element('code', {}, String(text));
function seconds(value) {
  if (value < 1) return `${Math.round(value * 1000)} ms`;
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} s`;
}
const time = (at) => element('time', { datetime: at, title: at }, at.slice(11, 23));
const ago = (at) => seconds((Date.now() - Date.parse(at)) / 1000) + ' ago';

/** A table of rows, or a sentence if there are none. A column is a title and what it shows of a row. */
function table(rows, none, columns) {
  if (rows.length === 0) return element('p', { class: 'good' }, none);
  const isNumber = (row, show) => typeof show(row) === 'number';
  const head = Object.entries(columns).map(([title, show]) =>
    element('th', { scope: 'col', class: isNumber(rows[0], show) ? 'number' : undefined }, title),
  );
  const line = (row) =>
    Object.values(columns).map((show) => {
      const shown = show(row);
      return typeof shown === 'number'
        ? element('td', { class: 'number' }, String(shown))
        : element('td', {}, shown);
    });
  return element(
    'table',
    {},
    element('thead', {}, element('tr', {}, ...head)),
    element('tbody', {}, ...rows.map((row) => element('tr', {}, ...line(row)))),
  );
}

async function ask(path, options) {
  const answer = await fetch(path, options);
  if (answer.status === 401) location.reload();
  const body = answer.status === 204 ? undefined : await answer.json();
  if (!answer.ok) throw new Error(body?.detail ?? `${path} answered ${answer.status}`);
  return body;
}

const goalLink = (goalId) => element('a', { href: `#${goalId}` }, code(goalId));

/** Gives a dead letter its attempts again. */
async function replay({ id }, button) {
  button.disabled = true;
  const [queue, ...job] = id.split('/');
  const path = `/admin/queues/api/queues/${encodeURIComponent(queue)}/${encodeURIComponent(job.join('/'))}/retry`;
  try {
    await ask(path, { method: 'PUT' });
    say(`Replayed ${id}.`);
  } catch (error) {
    say(`Not replayed: ${error.message}`);
  }
  await refresh();
}

const say = (text) => byId('state').replaceChildren(text);

function showOverview({ version, parts, queues, dead, overdue, sessions }) {
  byId('parts').replaceChildren(
    ...parts.map(({ name, fault }) =>
      element('li', { class: fault ? 'bad' : 'good' }, fault ?? `${name} answers`),
    ),
    element('li', {}, `release ${version}`),
  );
  byId('dead').replaceChildren(
    table(dead, 'None.', {
      Job: ({ id }) => code(id),
      'Event and handler': ({ event, handler }) => [event, handler].filter(Boolean).join(' → '),
      Goal: ({ ids: { goal_id } }) => (goal_id ? goalLink(goal_id) : ''),
      Reason: ({ error }) => error,
      Died: ({ died_at }) => ago(died_at),
      '': (letter) => {
        const button = element('button', { onclick: () => void replay(letter, button) }, 'Replay');
        return button;
      },
    }),
  );
  byId('overdue').replaceChildren(
    table(overdue, 'None.', {
      Goal: ({ goal_id }) => goalLink(goal_id),
      'Settle by': ({ settle_by }) => settle_by,
      Outcome: ({ outcome }) => outcome,
    }),
  );
  byId('queues').replaceChildren(
    table(queues, 'No queue can be read.', {
      Queue: ({ name }) => code(name),
      'Oldest waits': ({ oldest_seconds: age }) =>
        element('span', { class: age > 10 ? 'bad' : undefined }, seconds(age)),
      Waiting: ({ waiting }) => waiting,
      Active: ({ active }) => active,
      Delayed: ({ delayed }) => delayed,
      Dead: ({ failed }) => failed,
    }),
  );
  byId('sessions').replaceChildren(
    table(sessions, 'None yet.', {
      Session: ({ session_id }) => code(session_id),
      Streamer: ({ streamer_id }) => code(streamer_id),
      State: ({ active }) => (active ? 'runs' : 'ended'),
      Since: ({ created_at }) => created_at,
      Goals: ({ goal_ids }) => element('span', {}, ...goal_ids.flatMap((goalId) => [goalLink(goalId), ' '])),
    }),
  );
}

function showStory({ goal, findings, timeline, handlers, jobs, audit }) {
  byId('story').hidden = false;
  byId('story').replaceChildren(
    element(
      'h2',
      {},
      `${goal._cls} `,
      code(goal.goal_id),
      ' ',
      element('span', { class: 'state' }, goal.status),
    ),
    findings.length === 0
      ? element('p', { class: 'good' }, 'Nothing is late.')
      : element(
          'ul',
          { 'aria-label': 'What is late' },
          ...findings.map((text) => element('li', { class: 'bad' }, text)),
        ),
    element('h2', {}, 'What happened'),
    table(timeline, 'Nothing yet.', {
      At: ({ at }) => time(at),
      After: ({ after_seconds: after }) => (after === null ? '' : `+${seconds(after)}`),
      What: ({ what }) => what,
      Detail: ({ detail }) => detail ?? '',
    }),
    element('h2', {}, 'Handlers'),
    table(handlers, 'None has to run.', {
      Event: ({ event }) => code(event),
      Handler: ({ handler }) => code(handler),
      State: ({ state }) => element('span', { class: { done: 'good', 'not done': 'bad' }[state] }, state),
      Done: ({ done_at }) => (done_at ? time(done_at) : ''),
    }),
    element('h2', {}, 'Jobs that are left'),
    table(jobs, 'None.', {
      Job: ({ id }) => code(id),
      State: ({ state }) => state,
      Tries: ({ tries }) => tries,
      'Next try': ({ next_at }) => (next_at ? time(next_at) : ''),
      Reason: ({ error }) => error ?? '',
    }),
    element('h2', {}, 'Who did what'),
    table(audit, 'Nobody changed it.', {
      At: ({ at }) => time(at),
      Act: ({ act }) => act,
      Who: ({ actor }) => actor,
    }),
    element(
      'details',
      {},
      element('summary', {}, 'The goal as clients see it'),
      element('pre', {}, JSON.stringify(goal, null, 2)),
    ),
  );
}

async function tellStory() {
  const goalId = location.hash.slice(1);
  if (!/^[0-9a-f]{24}$/.test(goalId)) return;
  byId('goal_id').value = goalId;
  try {
    showStory(await ask(`/admin/api/goals/${goalId}`));
  } catch (error) {
    byId('story').hidden = false;
    byId('story').replaceChildren(element('p', { class: 'bad' }, error.message));
  }
}

async function refresh() {
  try {
    showOverview(await ask('/admin/api/overview'));
    await tellStory();
  } catch (error) {
    say(`The api does not answer: ${error.message}`);
  }
}

byId('find').addEventListener('submit', (event) => {
  event.preventDefault();
  location.hash = byId('goal_id').value;
});
addEventListener('hashchange', () => void tellStory());

await refresh();
setInterval(() => void refresh(), REFRESH_MS);
