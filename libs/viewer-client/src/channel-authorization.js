import { askJson } from './problem-error.js';

/** Authorises channels by the api and keeps the keys of encrypted ones; pusher-js takes it as `channelAuthorization`. */
export function createChannelAuthorization({ api, token }) {
  const secrets = new Map();

  async function authorize({ socketId, channelName }) {
    const response = await askJson(`${api}/pusher/auth`, token, {
      method: 'POST',
      body: { socket_id: socketId, channel_name: channelName },
    });
    const leave = await response.json();
    if (leave.shared_secret) secrets.set(channelName, leave.shared_secret);
    return leave;
  }

  return {
    async customHandler(request, callback) {
      let leave;
      try {
        leave = await authorize(request);
      } catch (error) {
        return callback(error, null);
      }
      return callback(null, leave);
    },
    /** The key of an encrypted channel in base64; undefined until the channel was authorised. */
    secretOf: (channelName) => secrets.get(channelName),
  };
}
