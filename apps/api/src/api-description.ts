import { eventTypes } from '#event-log';
import type { ApiDescription } from '#platform';
import { createRequire } from 'node:module';

// By require, since an import would have the compiler copy the files to the built code.
const require = createRequire(import.meta.url);
const { version } = require('#package') as { version: string };

/** The AsyncAPI document, as it is committed. */
export const asyncApi = require('#asyncapi') as object;

const text = { type: 'string' } as const;
const signatureHeaders = {
  'webhook-id': 'the event_id',
  'webhook-timestamp': 'when it was sent, in Unix seconds',
  'webhook-signature': 'one signature for each secret that is valid, with spaces between',
};

/** A call to a webhook, by the Standard Webhooks specification. */
const call = (type: string, description: string, schema: object) => ({
  post: {
    operationId: `webhook.${type}`,
    tags: ['webhooks'],
    summary: `The event ${type}`,
    description,
    security: [],
    parameters: Object.entries(signatureHeaders).map(([name, about]) => ({
      name,
      in: 'header' as const,
      required: true,
      description: about,
      schema: text,
    })),
    requestBody: { required: true, content: { 'application/json': { schema } } },
    responses: {
      '2XX': { description: 'The event is taken' },
      '410': { description: 'The webhook is disabled at once' },
      '4XX': { description: 'The call is repeated, as after any other answer or none within 10 s' },
    },
  },
});
const envelope = { $ref: '#/components/schemas/EventDto' };
const test = {
  type: 'object',
  required: ['event_id', 'type', 'version', 'occurred_at', 'data'],
  properties: {
    event_id: text,
    type: { type: 'string', enum: ['webhook.test'] },
    version: { type: 'integer' },
    occurred_at: { ...text, format: 'date-time' },
    data: { type: 'object', required: ['webhook_id'], properties: { webhook_id: text } },
  },
};

/** What the OpenAPI document says of the api as a whole. */
export const apiDescription: ApiDescription = {
  version,
  description:
    'Goals on live streams. Authorize with a token (`npm start` prints one of each role). ' +
    'Errors are problem details (RFC 9457) with a stable `code`. ' +
    'Messages, events, pushes and server-sent events are in the AsyncAPI document, `/asyncapi-json`.',
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
  webhooks: {
    ...Object.fromEntries(
      eventTypes.map((type) => [
        type,
        call(
          type,
          'Sent to each webhook that wants the type. The data of each is in /asyncapi-json.',
          envelope,
        ),
      ]),
    ),
    'webhook.test': call('webhook.test', 'Sent once by POST /webhooks/{webhook_id}/test.', test),
  },
};
