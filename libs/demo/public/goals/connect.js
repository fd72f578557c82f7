import { createChannelAuthorization, createStreamView, ProblemError } from '../viewer-client/index.js';

/** The api is the server of this page. */
const api = '';
const retryMs = 1000;

/** Reads ids, tokens and the address of the Pusher server; waits until the start has set the demo up, and while it is away. */
export async function readConfig(onError) {
  try {
    const response = await fetch('/demo/config.json');
    if (response.ok) return await response.json();
    if (response.status !== 503) throw new ProblemError(await response.json());
  } catch (error) {
    onError(error);
    if (error instanceof ProblemError) throw error;
  }
  await new Promise((resolve) => setTimeout(resolve, retryMs));
  return readConfig(onError);
}

/** Connects to Pusher with a token and opens the view of a session, which can also be told to connect again at once. */
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
  const { nacl } = globalThis;
  const view = createStreamView({ api, token, pusher, authorization, nacl, channels, ...options });
  const reconnect = () => {
    pusher.disconnect();
    pusher.connect();
    view.resync();
  };
  return { ...view, reconnect };
}
