import { PermanentError } from '#platform';

/** Throws where Pusher would refuse the name: more than 164 characters, or others than it allows. */
export function checkChannelName(channel: string): void {
  if (!/^[A-Za-z0-9_\-=@,.;]{1,164}$/.test(channel))
    throw new PermanentError(`not a channel name that Pusher takes: ${channel.slice(0, 200)}`);
}
