import { make, part } from './parts.js';

const words = { connected: 'Live', connecting: 'Connecting', initialized: 'Connecting' };

/** Shows the state of the connection, and who is on the viewer's own channel. */
export function showPresence({ connection, members }, viewerId) {
  const place = part('connection');
  const text = words[connection] ?? 'Not connected, trying again';
  if (place.textContent !== text) place.textContent = text;
  place.dataset.state = connection;
  part('members').replaceChildren(
    ...members.map((id) => {
      const item = make('li', '', id === viewerId ? 'You, the viewer' : 'Somebody else');
      item.append(make('code', '', id));
      return item;
    }),
  );
  part('members-hint').textContent =
    members.length > 0
      ? 'Seen on your own presence channel, in all your open windows together.'
      : 'Your own presence channel opens with your first ticket.';
}
