import type { ApiDescription } from '#platform';
import { createRequire } from 'node:module';

// By require, since an import would have the compiler copy the file to the built code, as a package of its own.
const { version } = createRequire(import.meta.url)('#package') as { version: string };

/** What the OpenAPI document says of the api as a whole. */
export const apiDescription: ApiDescription = {
  version,
  description:
    'Goals on live streams. Authorize with a token (`npm start` prints one of each role). ' +
    'Errors are problem details (RFC 9457) with a stable `code`.',
  tags: {
    events: 'Every event that was sent, in an order to follow',
    webhooks: 'Where events are sent over HTTP, and what became of them',
    sessions: 'Live streams of a streamer, with their goals and their feed',
    goals: 'Goals of a session: creation, contributions, outcome, shows and who may watch them',
    overlay: 'Pictures over a stream, for broadcasting software: tokens that read one session',
    realtime: 'Channels of a Pusher-protocol server, on which viewers are told what happens',
    operations: 'What operators see and decide; for the role admin',
    health: 'State of the process that answers; open to everyone',
  },
};
