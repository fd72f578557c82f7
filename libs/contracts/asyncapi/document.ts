import type { Schema } from 'ts-json-schema-generator';
import {
  goalEvents,
  type GoalEventType,
  goalPatterns,
  type GoalPattern,
  type StreamEventType,
} from '../src/index.js';
import * as examples from './examples.js';
import { makeSchemas } from './schemas.js';

type Part = Record<string, unknown>;

const about: Record<GoalEventType, string> = {
  'goal.created': 'A goal is stored',
  'goal.added': 'A goal is bound to its session; to viewers: show it',
  'goal.activated': 'The window of a goal opened',
  'goal.progressed':
    'The progress of a goal changed, or its show went live or paused; at most four times a second',
  'goal.level_reached': 'A goal reached a level; one event for each level',
  'goal.completed': 'A goal reached its last level',
  'goal.expired': 'The window of a goal closed, or its show was finished, before the last level',
  'goal.cancelled': 'A goal was cancelled, or its session ended',
  'goal.failed': 'A goal could not be created or bound; `data.reason` says why',
  'goal.funded': 'A funding goal reached its `minimum_level`',
  'goal.settled': 'The outcome of a funding goal is final',
  'goal.corrected': 'A contribution was voided',
  'goal.updated': 'Fields of a goal changed that no other event tells of',
  'access.granted': 'One user may watch the show of a funding goal',
  'access.revoked': 'One user may not watch the show of a funding goal any more',
};
const requestsAbout: Record<GoalPattern, string> = {
  'goals.create': 'Requests a goal. Roles: streamer of the session, service, admin',
  'goals.get': 'Reads a goal. Any valid token',
  'goals.contribute': 'Adds a contribution, once for each `source_id`. Role: service',
  'goals.access': 'Whether a user may watch a show. That user, or role service or admin',
};

const eventTypes: GoalEventType[] = Object.values(goalEvents);
const patterns: GoalPattern[] = Object.values(goalPatterns);
const hidden: GoalEventType[] = ['goal.created', 'goal.failed', 'access.granted', 'access.revoked'];
const streamTypes = eventTypes.filter((type) => !hidden.includes(type)) as StreamEventType[];

const servers = {
  redis: { host: 'redis:6379', protocol: 'redis', description: 'MESSAGING_URL=redis://…: pub/sub' },
  nats: {
    host: 'nats:4222',
    protocol: 'nats',
    description: 'MESSAGING_URL=nats://…; events in JetStream if it has it',
  },
  tcp: { host: 'goalpost:4000', protocol: 'tcp', description: 'MESSAGING_URL=tcp://…: requests alone' },
  pusher: {
    host: 'ws.pusherapp.com',
    protocol: 'wss',
    description: 'Pusher Channels or a compatible server',
  },
  api: {
    host: 'goalpost.example',
    protocol: 'https',
    description: 'The api of goalpost',
    security: [{ type: 'http', scheme: 'bearer', bearerFormat: 'JWT' }],
  },
  receiver: { host: 'receiver.example', protocol: 'https', description: 'Whoever has created a webhook' },
};

const ref = (...path: string[]) => ({ $ref: `#/${path.join('/')}` });
/** A step of a JSON pointer. */
const step = (name: string) => name.replaceAll('~', '~0').replaceAll('/', '~1');
const serversOf = (...names: (keyof typeof servers)[]) => names.map((name) => ref('servers', name));
const byName = (names: string[]) =>
  Object.fromEntries(names.map((name) => [name, ref('components', 'messages', name)]));

/** The AsyncAPI document of goalpost, made from the types of the contract. */
export function makeDocument(version: string): Part {
  const { wire, definitions } = makeSchemas();
  return withPlainNames({
    asyncapi: '3.0.0',
    info: {
      title: 'goalpost',
      version,
      description:
        'What passes between goalpost and others besides plain HTTP: messages and events over Redis, NATS and TCP, ' +
        'events for viewers over Pusher and as server-sent events, webhooks. The exact bytes are in docs/wire.md. ' +
        'Ignore fields and events that you do not know: a newer release may add some.',
      license: { name: 'MIT', url: 'https://opensource.org/license/mit' },
    },
    defaultContentType: 'application/json',
    servers,
    channels: channels(),
    operations: operations(),
    components: { messages: messages(wire), schemas: definitions },
  });
}

function messages(wire: ReturnType<typeof makeSchemas>['wire']): Record<string, Part> {
  const part = (kind: keyof typeof wire, name: string) =>
    (wire[kind] as { properties: Record<string, Schema> }).properties[name];
  const message = (
    name: string,
    summary: string,
    payload: unknown,
    example: Part,
    more: Part = {},
  ): [string, Part] => [name, { name, summary, payload, examples: [example], ...more }];
  return Object.fromEntries([
    ...patterns.flatMap((pattern) => {
      const { message: data, answer } = examples.requests[pattern];
      return [
        message(`request.${pattern}`, requestsAbout[pattern], part('requests', pattern), {
          payload: { id: '7d1f0a', pattern, data },
        }),
        message(`answer.${pattern}`, `Answer to ${pattern}`, part('answers', pattern), {
          payload: { id: '7d1f0a', response: answer, isDisposed: true },
        }),
      ];
    }),
    message('refusal', 'A request was refused, by the problem that HTTP would answer', wire.refusal, {
      payload: { id: '7d1f0a', err: examples.problem, isDisposed: true },
    }),
    ...eventTypes.flatMap((type) => [
      message(
        `event.${type}`,
        about[type],
        part('events', type),
        {
          headers: examples.natsHeaders(type),
          payload: { pattern: type, data: examples.events[type], ...examples.traceContext },
        },
        {
          headers: wire.natsHeaders,
          description:
            'Over NATS it has headers, and no trace context beside `data`; over Redis it is the other way round.',
        },
      ),
      message(
        `webhook.${type}`,
        about[type],
        part('webhooks', type),
        { headers: examples.webhookHeaders, payload: examples.events[type] },
        { headers: wire.webhookHeaders },
      ),
    ]),
    message(
      'webhook.webhook.test',
      'What `POST /webhooks/{webhook_id}/test` sends',
      wire.webhookTest,
      { headers: examples.webhookHeaders, payload: examples.webhookTest },
      { headers: wire.webhookHeaders },
    ),
    ...streamTypes.map((type) =>
      message(`stream.${type}`, about[type], part('stream', type), { payload: examples.streamPayload(type) }),
    ),
    message(
      'stream.goal.contributed',
      'Who has just given, unless anonymous; stored nowhere',
      wire.contributed,
      { payload: examples.contributed },
    ),
    message(
      'stream.truncated',
      'Any of these over 10 KB, with its short plain fields alone',
      wire.truncated,
      {
        payload: examples.truncated,
      },
    ),
    message('stream.authorized', 'The viewer may watch a show; sealed', part('viewer', 'stream.authorized'), {
      payload: examples.authorized,
    }),
    message(
      'stream.revoked',
      'The viewer may not watch a show any more; sealed',
      part('viewer', 'stream.revoked'),
      {
        payload: examples.revoked,
      },
    ),
    message('sealed', 'The form in which the two others are sent: NaCl secretbox', wire.sealed, {
      payload: examples.sealed,
    }),
  ]);
}

function channels(): Record<string, Part> {
  const streamMessages = byName([...streamTypes.map((type) => `stream.${type}`), 'stream.truncated']);
  const id = (description: string) => ({ description });
  return {
    ...Object.fromEntries(
      patterns.flatMap((pattern) => [
        [
          pattern,
          {
            address: pattern,
            servers: serversOf('redis', 'nats', 'tcp'),
            description: requestsAbout[pattern],
            messages: byName([`request.${pattern}`]),
          },
        ],
        [
          `${pattern}.reply`,
          {
            address: null,
            servers: serversOf('redis', 'nats', 'tcp'),
            description: `Over Redis the channel \`${pattern}.reply\`, over NATS the reply subject of the request, over TCP its connection.`,
            messages: byName([`answer.${pattern}`, 'refusal']),
          },
        ],
      ]),
    ),
    ...Object.fromEntries(
      eventTypes.map((type) => [
        type,
        {
          address: type,
          servers: serversOf('redis', 'nats'),
          description: about[type],
          messages: byName([`event.${type}`]),
        },
      ]),
    ),
    stream: {
      address: 'private-stream@{streamer_id}',
      servers: serversOf('pusher'),
      description:
        'What happens to the goals of a stream, for every signed-in viewer. CHANNEL_STREAM changes the name.',
      parameters: { streamer_id: id('the user whose stream it is') },
      messages: streamMessages,
    },
    viewer: {
      address: 'presence-enc-stream-viewer@{streamer_id}.sd.{viewer_id}',
      servers: serversOf('pusher'),
      description:
        'What concerns one viewer. Payloads are sealed with the key in the answer of `/pusher/auth`. CHANNEL_VIEWER changes the name.',
      parameters: { streamer_id: id('the user whose stream it is'), viewer_id: id('the user who watches') },
      messages: byName(['stream.authorized', 'stream.revoked', 'sealed']),
    },
    sse: {
      address: '/sessions/{session_id}/events',
      servers: serversOf('api'),
      description:
        'Server-sent events: `id` is a cursor, `event` the name of the message without `stream.`, `data` the payload.',
      parameters: { session_id: id('the session') },
      messages: byName([...streamTypes.map((type) => `stream.${type}`), 'stream.goal.contributed']),
      bindings: { http: {} },
    },
    webhook: {
      address: null,
      servers: serversOf('receiver'),
      description:
        'POST to the URL of a webhook, signed by the Standard Webhooks specification. Any 2xx takes it.',
      messages: byName([...eventTypes.map((type) => `webhook.${type}`), 'webhook.webhook.test']),
    },
  };
}

function operations(): Record<string, Part> {
  const channel = (name: string) => ref('channels', step(name));
  const send = (name: string, summary: string): Part => ({ action: 'send', channel: channel(name), summary });
  return {
    ...Object.fromEntries(
      patterns.map((pattern) => [
        pattern,
        {
          action: 'receive',
          channel: channel(pattern),
          summary: requestsAbout[pattern],
          reply: { channel: channel(`${pattern}.reply`) },
        },
      ]),
    ),
    ...Object.fromEntries(eventTypes.map((type) => [type, send(type, about[type])])),
    'push.stream': send('stream', 'Tells the viewers of a stream what happens to its goals'),
    'push.viewer': send('viewer', 'Tells one viewer who may watch a show'),
    sse: send('sse', 'Sends what the channel of a stream carries as server-sent events'),
    webhook: send('webhook', 'Calls a webhook for an event'),
  };
}

/** Names of generic types, such as `GoalEvent<"goal.added">`, become `GoalEvent.goal.added`: AsyncAPI takes no others. */
function withPlainNames(document: Part): Part {
  const plain = (name: string) => name.replaceAll(/[<"]+/g, '.').replaceAll(/[>"]+/g, '').replace(/\.$/, '');
  const text = JSON.stringify(document).replaceAll(
    /"#\/definitions\/([^"]+)"/g,
    (_, name: string) => `"#/components/schemas/${plain(decodeURIComponent(name))}"`,
  );
  const named = JSON.parse(text) as Part & { components: { schemas: Part } };
  const schemas = Object.entries(named.components.schemas).map(
    ([name, schema]) => [plain(name), schema] as const,
  );
  named.components.schemas = Object.fromEntries(schemas);
  return named;
}
