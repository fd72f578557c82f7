import { fetchApi } from './api.js';

const memberEvents = ['pusher:subscription_succeeded', 'pusher:member_added', 'pusher:member_removed'];

/** Authorizes channels at the api and keeps the keys of encrypted ones; pass it to pusher-js as `channelAuthorization`. */
export function createChannelAuthorization({ api, token }) {
  const secrets = new Map();

  async function authorize({ socketId, channelName }) {
    const response = await fetchApi(`${api}/pusher/auth`, token, {
      method: 'POST',
      body: { socket_id: socketId, channel_name: channelName },
    });
    const authorization = await response.json();
    const { shared_secret: first, other_shared_secrets: others } = authorization;
    if (first) secrets.set(channelName, others ? [first, ...others] : first);
    return authorization;
  }

  return {
    async customHandler(request, callback) {
      let authorization;
      try {
        authorization = await authorize(request);
      } catch (error) {
        return callback(error, null);
      }
      return callback(null, authorization);
    },
    /** The key of an encrypted channel in base64, or several that it may be; undefined until the channel was authorized. */
    secretOf: (channelName) => secrets.get(channelName),
  };
}

/** Decrypts a payload of an encrypted channel: NaCl secretbox, every part in base64. Throws if no key fits. */
export function decrypt(nacl, keys, { nonce, ciphertext }) {
  for (const key of [keys].flat()) {
    const opened = nacl.secretbox.open(bytesOf(ciphertext), bytesOf(nonce), bytesOf(key));
    if (opened) return JSON.parse(new TextDecoder().decode(opened));
  }
  throw new Error('The payload cannot be decrypted with the key of its channel.');
}

function bytesOf(base64) {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

/** The channels that a view has joined, each once. Errors that `onMessage` throws go to `onError`. */
export function createChannelSet(pusher, onError) {
  const names = new Set();

  function leave(name) {
    names.delete(name);
    pusher.channel(name)?.unbind();
    pusher.unsubscribe(name);
  }

  /** Joins a channel. `onJoined` is also called after each reconnect, `onMembers` when the members change. */
  function join(name, { onMessage, onJoined, onMembers }) {
    if (names.has(name)) return;
    names.add(name);
    const channel = pusher.subscribe(name);
    if (onJoined) channel.bind('pusher:subscription_succeeded', onJoined);
    if (onMembers)
      for (const event of memberEvents)
        channel.bind(event, () => onMembers(Object.keys(channel.members.members)));
    channel.bind('pusher:subscription_error', ({ error, status }) => {
      // Leaving the channel lets the caller join it again later.
      leave(name);
      onError(new Error(`The channel ${name} cannot be joined: ${error ?? status}`));
    });
    channel.bind_global((event, payload) => {
      if (event.startsWith('pusher:')) return;
      try {
        onMessage(event, payload);
      } catch (error) {
        onError(error);
      }
    });
  }

  return { join, leave, leaveAll: () => names.forEach(leave) };
}
