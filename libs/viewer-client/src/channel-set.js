const memberEvents = ['pusher:subscription_succeeded', 'pusher:member_added', 'pusher:member_removed'];

/** The channels that a view has joined, each once. What `onNews` throws goes to `onError`. */
export function createChannelSet(pusher, onError) {
  const names = new Set();

  function leave(name) {
    names.delete(name);
    pusher.channel(name)?.unbind();
    pusher.unsubscribe(name);
  }

  /** Joins a channel; `onJoined` is called each time that it is joined anew, `onMembers` when they change. */
  function join(name, { onNews, onJoined, onMembers }) {
    if (names.has(name)) return;
    names.add(name);
    const channel = pusher.subscribe(name);
    if (onJoined) channel.bind('pusher:subscription_succeeded', onJoined);
    if (onMembers)
      for (const event of memberEvents)
        channel.bind(event, () => onMembers(Object.keys(channel.members.members)));
    channel.bind('pusher:subscription_error', ({ error, status }) => {
      // Left, so that it can be tried again by whoever learns of a reason to.
      leave(name);
      onError(new Error(`The channel ${name} cannot be joined: ${error ?? status}`));
    });
    channel.bind_global((event, payload) => {
      if (event.startsWith('pusher:')) return;
      try {
        onNews(event, payload);
      } catch (error) {
        onError(error);
      }
    });
  }

  return { join, leaveAll: () => names.forEach(leave) };
}
