import { newId } from '#platform';
import { fundingBody } from './client.js';
import { get, type RefusalCase, rows, show } from './refusal-rows.js';
import type { Scene } from './refusal-scene.js';

const ids = [
  '$gt',
  '{"$gt":""}',
  '%7B%22$gt%22:%22%22%7D',
  '[$ne]',
  '__proto__',
  'constructor',
  '%00',
  '0123456789abcdef01234567%00',
  '%0a',
  '0123456789abcdef01234567%0a',
  '..%2f..%2fadmin%2fqueues',
  '-1',
  '1e400',
  'null',
  "'%20or%201=1",
  '%F0%9F%98%80',
  'a'.repeat(400),
  '*',
  '0123456789ABCDEF01234567',
];

const notFoundIds = ids.flatMap((id) => [
  ...rows(
    404,
    'goal_not_found',
    [`goal ${id}`, get(`/goals/${id}`)],
    [`leaderboard of ${id}`, get(`/goals/${id}/leaderboard`)],
    [`contributions to ${id}`, get(`/goals/${id}/contributions`)],
    [`cancelling ${id}`, ({ streamer }: Scene) => streamer.send('DELETE', `/goals/${id}`)],
    [
      `contributing to ${id}`,
      ({ service }: Scene) =>
        service
          .client(newId(), ['service'])
          .post(`/goals/${id}/contributions`, { source_id: 'a', user_id: 'b', amount: 1 }),
    ],
    [
      `voiding of ${id}`,
      ({ service }: Scene) =>
        service.client(newId(), ['service']).post(`/goals/${id}/contributions/a/void`, {}),
    ],
  ),
  ...rows(
    404,
    'session_not_found',
    [`session ${id}`, get(`/sessions/${id}`)],
    [`goals of ${id}`, get(`/sessions/${id}/goals`)],
    [`feed of ${id}`, get(`/sessions/${id}/feed`)],
    [`ending ${id}`, ({ streamer }: Scene) => streamer.post(`/sessions/${id}/end`)],
  ),
]);

const query = (text: string, pointer: string) =>
  rows(422, 'validation_failed', [`GET /goals?${text}`, get(`/goals?${text}`), { pointers: [pointer] }]);

const queries = [
  ...query('status[$ne]=active', '/status[$ne]'),
  ...query('goal_type[$gt]=', '/goal_type[$gt]'),
  ...query('status=%7B%22$ne%22:%22active%22%7D', '/status'),
  ...query('cursor=%7B%22$gt%22:%22%22%7D', '/cursor'),
  ...query(`cursor=${Buffer.from('{"$gt":""}').toString('base64url')}`, '/cursor'),
  ...query(`cursor=${Buffer.from('#-1').toString('base64url')}`, '/cursor'),
  ...query('limit=1e400', '/limit'),
  ...query('limit=-1', '/limit'),
  ...query('limit=NaN', '/limit'),
  ...query('limit=0x10000', '/limit'),
  ...query('__proto__=1', '/__proto__'),
  ...query('constructor=1', '/constructor'),
  ...query('status=active%00', '/status'),
  ...rows(
    400,
    'unknown_goal_type',
    ...['goal_type[$gt]=', 'goal_type=__proto__', 'goal_type=constructor', 'goal_type=show%00'].map(
      (text): [string, RefusalCase['send']] => [`POST /goals?${text}`, show({ query: text })],
    ),
  ),
];

const keyed = (name: string, key: string) =>
  rows(422, 'validation_failed', [
    `an Idempotency-Key of ${name}`,
    ({ streamer, free }: Scene) =>
      streamer.post('/goals?goal_type=show_funding', fundingBody(free.sessionId), { 'idempotency-key': key }),
    { pointers: ['/Idempotency-Key'] },
  ]);
const keys = [
  ...keyed('nothing', ''),
  ...keyed('256 characters', 'k'.repeat(256)),
  ...keyed('two words', 'a b'),
  ...keyed('other letters', 'schl\xfcssel'),
  ...keyed('a tab', 'a\tb'),
];

const streamerId = '0123456789abcdef01234567';
const auth =
  (body: unknown) =>
  ({ service }: Scene) =>
    service.client(streamerId, []).post<never>('/pusher/auth', body);
const channel = (channel_name: unknown) => auth({ socket_id: '1.1', channel_name });
const channels = [
  ...rows(
    422,
    'validation_failed',
    ...([
      ['an operator for a channel', channel({ $gt: '' }), { pointers: ['/channel_name'] }],
      ['a list of channels', channel(['private-stream@x']), { pointers: ['/channel_name'] }],
      ['a channel of 201 characters', channel('x'.repeat(201)), { pointers: ['/channel_name'] }],
      ['a channel with NUL', channel(`private-stream@${streamerId}\0`), { pointers: ['/channel_name'] }],
      [
        'a socket with a channel in it',
        auth({ socket_id: '1.1:private-stream@x', channel_name: 'x' }),
        { pointers: ['/socket_id'] },
      ],
      [
        'a socket with a line end',
        auth({ socket_id: '1.1\n', channel_name: 'x' }),
        { pointers: ['/socket_id'] },
      ],
      [
        'an operator for a socket',
        auth({ socket_id: { $gt: '' }, channel_name: 'x' }),
        { pointers: ['/socket_id'] },
      ],
      [
        'a user of their choice',
        auth({ socket_id: '1.1', channel_name: 'x', user_id: 'y' }),
        { pointers: ['/user_id'] },
      ],
    ] as [string, RefusalCase['send'], object][]),
  ),
  ...rows(
    403,
    'forbidden',
    ...[
      'x',
      '__proto__',
      'private-stream@',
      `private-stream@${streamerId}\n`,
      `private-stream@${streamerId}.sd.x`,
      `private-stream@${streamerId}:1`,
      `presence-enc-stream-viewer@${streamerId}.sd.${newId()}`,
      `private-encrypted-stream@${streamerId}`,
      `presence-stream@${streamerId}`,
      `PRIVATE-stream@${streamerId}`,
    ].map((name): [string, RefusalCase['send']] => [`the channel ${JSON.stringify(name)}`, channel(name)]),
  ),
];

/** Names that fit nothing, and how each is refused. */
export const hostileNames = [...notFoundIds, ...queries, ...keys, ...channels];

/** Paths that are written as if they were others. */
export const hostileTargets = [
  '/admin/queues/../queues',
  '//admin/queues',
  '/admin//queues',
  '/admin/queues/',
  '/admin/queues/%61pi/queues',
  '/admin/queues/api%2fqueues',
  '/admin/queues/token/../api/queues',
  '/admin/queues/token/..%2fapi/queues',
  '/admin/queues/token?/api/queues',
  '/admin/queues;/api/queues',
  '/Admin/Queues/api/queues',
  '/admin/queues/static/..%2f..%2fpackage.json',
  '/docs/..%2f..%2f..%2fpackage.json',
  '/docs/%2e%2e/%2e%2e/package.json',
  '/../../etc/passwd',
  '/goals/',
  '//goals',
  '/GOALS',
  '/goals%2f',
  '/./goals',
  '/goals;a=b',
  '/goals/../goals',
  'http://other.example/goals',
  '*',
  '/health/../goals',
  '/health/live/../../goals',
  '/%00',
  '/\\goals',
  '/goals#x',
  '/dev/realtime',
];
