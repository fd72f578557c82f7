import { createChannelAuthorization, createStreamView, ProblemError } from '../viewer-client/index.js';

/** The api that serves this page. */
const api = '';
const askAgainMs = 1000;

/** Ids, tokens and the place of the Pusher server; waits while a start is still setting the demo up. */
export async function readConfig() {
  const response = await fetch('/demo/config.json');
  if (response.ok) return response.json();
  if (response.status !== 503) throw new ProblemError(await response.json());
  await new Promise((resolve) => setTimeout(resolve, askAgainMs));
  return readConfig();
}

/** Connects to Pusher under a token and opens the view of a session. */
export function connect({ pusher: server, channels }, { token, ...options }) {
  if (!server) throw new Error('No Pusher server is configured, so nothing here can be live.');
  const authorization = createChannelAuthorization({ api, token });
  const place = server.host
    ? { wsHost: server.host, wsPort: server.port, wssPort: server.port, cluster: 'local' }
    : { cluster: server.cluster };
  const pusher = new globalThis.Pusher(server.key, {
    ...place,
    forceTLS: server.use_tls,
    enabledTransports: ['ws', 'wss'],
    channelAuthorization: authorization,
  });
  return createStreamView({ api, token, pusher, authorization, nacl: globalThis.nacl, channels, ...options });
}
