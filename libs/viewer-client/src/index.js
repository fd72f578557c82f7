export { createChannelAuthorization } from './channel-authorization.js';
export { decrypt } from './decrypt.js';
export { askJson, ProblemError } from './problem-error.js';
export { createStreamView } from './stream-view.js';
