import { part } from './parts.js';

/** The form that opens a funding goal. */
export function createStreamerForm(open) {
  const form = part('open-funding');
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const field = (name) => Number(new FormData(form).get(name));
    void open({ target: field('target'), opensInSeconds: field('opens'), minutes: field('minutes') });
  });
}
