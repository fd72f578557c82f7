import { fetchApi } from '../viewer-client/index.js';
import { querySettings } from '../overlay/settings.js';
import { createAddresses } from './addresses.js';
import { createPreview } from './preview.js';
import { createRehearsals } from './rehearsals.js';
import { createSettingsForm } from './settings-form.js';

const part = (name) => document.querySelector(`[data-part=${name}]`);
const problem = part('problem');

/** Runs what the user asked for; what went wrong stays on the page until the next time. */
async function attempt(work) {
  problem.hidden = true;
  try {
    await work();
  } catch (error) {
    problem.textContent = error.problem ? error.message : `The service cannot be reached: ${error.message}`;
    problem.hidden = false;
  }
}

const preview = createPreview(part('stage'), part('frame'), part('size'));
const form = createSettingsForm(part('settings'), (settings) => {
  preview.show(querySettings(settings));
  addresses.show(querySettings(settings));
});
const addresses = createAddresses({ part, attempt, onToken: (token) => preview.follow(token) });
const rehearsals = createRehearsals(part('rehearse'), attempt);

part('sign-in').addEventListener('submit', (event) => {
  event.preventDefault();
  const { session, token } = event.target.elements;
  void attempt(() => signIn(session.value.trim(), token.value.trim()));
});

/** Whoever may list the addresses of the session may do all else here. */
async function signIn(session, token) {
  const send = async (method, path, body) => {
    const response = await fetchApi(path, token, { method, body });
    return response.status === 204 ? undefined : response.json();
  };
  await addresses.open(session, send);
  await rehearsals.open(session, send);
  part('sign').hidden = true;
  part('address').hidden = false;
  part('who').textContent = `Session ${session}`;
  part('create').focus();
}

const given = new URLSearchParams(location.search).get('session');
if (given) part('sign-in').elements.session.value = given;
form.change();
