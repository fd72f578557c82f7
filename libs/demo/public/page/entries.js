import { make } from './parts.js';

const timeOfDay = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' });

/** A line of the feed or of the log. */
export function createEntry(at, text, note) {
  const entry = make('li', '');
  const time = make('time', '', timeOfDay.format(at));
  time.dateTime = at.toISOString();
  const body = make('p', '');
  body.append(make('span', '', text), make('code', '', note));
  entry.append(time, body);
  return entry;
}
