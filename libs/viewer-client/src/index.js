export { fetchApi, ProblemError } from './api.js';
export { createChannelAuthorization, decrypt } from './channels.js';
export { createStreamView } from './stream-view.js';
