import { createChannelAuthorization, fetchApi } from '../viewer-client/index.js';

/** A token that was revoked is noticed after this, and the overlay is to be blank within five seconds. */
const lookEveryMs = 3_000;

/** How events come to this overlay: options of a stream view. Server-sent events, unless the api says that it is Pusher. */
export async function createTransport(token) {
  const { transport, channels, pusher: server } = await readTransport(token);
  if (transport !== 'pusher') return { transport: 'sse' };
  await import('../vendor/pusher.js');
  // The channel is signed for the token of an overlay by the overlay's own path.
  const authorization = createChannelAuthorization({ api: '/overlay', token });
  const { host, port, cluster } = server;
  const pusher = new globalThis.Pusher(server.key, {
    ...(host ? { wsHost: host, wsPort: port, wssPort: port, cluster: 'own' } : { cluster }),
    forceTLS: server.use_tls,
    enabledTransports: ['ws', 'wss'],
    channelAuthorization: authorization,
  });
  return { transport, pusher, authorization, channels };
}

/** While releases are mixed, an api of the last one does not know the question. */
async function readTransport(token) {
  try {
    return await (await fetchApi('/overlay/transport', token)).json();
  } catch (error) {
    if (error.problem?.status === 404) return { transport: 'sse' };
    throw error;
  }
}

/**
 * Calls `onRefused` once the token does not hold any more. A stream of server-sent events ends then by itself; Pusher does not know
 * of tokens.
 */
export function watchToken(token, sessionId, onRefused) {
  async function look() {
    try {
      await fetchApi(`/sessions/${sessionId}`, token, { signal: AbortSignal.timeout(lookEveryMs) });
    } catch (error) {
      if (error.problem?.status !== 401) return;
      clearInterval(timer);
      onRefused();
    }
  }
  const timer = setInterval(() => void look(), lookEveryMs);
}
