import { createChannelAuthorization, createStreamView, ProblemError } from '../viewer-client/index.js';

/** The api is the server of this page. */
const api = '';
const retryMs = 1000;

/** Reads ids, tokens and the address of the Pusher server; waits until the start has set the demo up. */
export async function readConfig() {
  const response = await fetch('/demo/config.json');
  if (response.ok) return response.json();
  if (response.status !== 503) throw new ProblemError(await response.json());
  await new Promise((resolve) => setTimeout(resolve, retryMs));
  return readConfig();
}

/** Connects to Pusher with a token and opens the view of a session. */
export function connect({ pusher: server, channels }, { token, ...options }) {
  if (!server) throw new Error('No Pusher server is configured, so nothing here can be live.');
  const authorization = createChannelAuthorization({ api, token });
  const address = server.host
    ? { wsHost: server.host, wsPort: server.port, wssPort: server.port, cluster: 'local' }
    : { cluster: server.cluster };
  const pusher = new globalThis.Pusher(server.key, {
    ...address,
    forceTLS: server.use_tls,
    enabledTransports: ['ws', 'wss'],
    channelAuthorization: authorization,
  });
  return createStreamView({ api, token, pusher, authorization, nacl: globalThis.nacl, channels, ...options });
}
