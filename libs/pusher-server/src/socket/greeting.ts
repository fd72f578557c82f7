import type { LiveApp } from '../live-app.js';

/** The last version of the protocol; those from 5 on can be told by a close code what is wrong. */
const versions = { oldest: 5, newest: 7 };

/** Why a socket is not let in. */
export interface Refused {
  code: number;
  message: string;
}

/** The app that a client asks for by `/app/{key}?protocol=7`, or why it gets none. */
export function appFor(url: URL, apps: LiveApp[]): LiveApp | Refused {
  const key = /^\/app\/([^/]+)\/?$/.exec(url.pathname)?.[1];
  if (key === undefined) return { code: 4005, message: 'Path not found' };
  const found = apps.find(({ app }) => app.key === key);
  if (!found) return { code: 4001, message: `There is no app with the key ${key.slice(0, 60)}` };
  const protocol = url.searchParams.get('protocol');
  if (protocol === null) return { code: 4008, message: 'No protocol version supplied' };
  if (!/^\d{1,4}$/.test(protocol)) return { code: 4006, message: 'Invalid version string format' };
  const { oldest, newest } = versions;
  if (Number(protocol) < oldest || Number(protocol) > newest)
    return { code: 4007, message: `Unsupported protocol version: use ${oldest} to ${newest}` };
  return found;
}
