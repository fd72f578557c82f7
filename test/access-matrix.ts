import { goalPatterns } from '#contracts';
import { newId } from '#platform';
import { fundingBody } from './client.js';
import { type AccessRequest, callers, refusedCallers } from './access-callers.js';
import type { AccessScene } from './access-scene.js';

/** A call, how it is made, and the status that each caller gets. */
export interface AccessRow {
  call: string;
  request: (scene: AccessScene) => AccessRequest;
  statuses: number[];
}

/** The five that are refused by their token, then viewer, other streamer, streamer, service, admin. */
const guarded = (...statuses: [number, number, number, number, number]) => [
  ...refusedCallers.map(() => 401),
  ...statuses,
];
const all = (status: number) => guarded(status, status, status, status, status);
const open = (status: number) => callers.map(() => status);

const http =
  (method: string, path: string | ((scene: AccessScene) => string), body?: (scene: AccessScene) => unknown) =>
  (scene: AccessScene): AccessRequest => ({
    method,
    path: typeof path === 'string' ? path : path(scene),
    body: body?.(scene),
  });

const gift = () => ({ source_id: newId(), user_id: newId(), amount: 1 });

const channel = (name: (scene: AccessScene) => string) => (scene: AccessScene) => ({
  ...http('POST', '/pusher/auth', () => ({ socket_id: '1.1', channel_name: name(scene) }))(scene),
  pusher: true as const,
});

/** Every endpoint and every message: the one place that says who may do what. */
export const accessMatrix: AccessRow[] = (
  [
    [
      'POST /goals',
      http('POST', '/goals?goal_type=show_funding', ({ session }) => fundingBody(session)),
      guarded(403, 403, 202, 202, 202),
    ],
    ['GET /goals', http('GET', '/goals'), all(200)],
    ['GET /goals/{goal_id}', http('GET', ({ goal }) => `/goals/${goal}`), all(200)],
    [
      'PATCH /goals/{goal_id}',
      (scene) => ({
        ...http(
          'PATCH',
          ({ goal }) => `/goals/${goal}`,
          () => ({}),
        )(scene),
        headers: { 'if-match': '*' },
      }),
      guarded(403, 403, 200, 200, 200),
    ],
    [
      'DELETE /goals/{goal_id}',
      http('DELETE', ({ goalToCancel }) => `/goals/${goalToCancel}`),
      guarded(403, 403, 200, 200, 200),
    ],
    [
      'POST /goals/{goal_id}/contributions',
      http('POST', ({ goal }) => `/goals/${goal}/contributions`, gift),
      guarded(403, 403, 403, 201, 403),
    ],
    [
      'POST /goals/{goal_id}/performance',
      http(
        'POST',
        ({ show }) => `/goals/${show}/performance`,
        () => ({ source_id: newId(), state: 'live' }),
      ),
      guarded(403, 403, 403, 200, 403),
    ],
    [
      'POST /goals/{goal_id}/finish',
      http('POST', ({ show }) => `/goals/${show}/finish`),
      guarded(403, 403, 200, 200, 200),
    ],
    [
      'POST /goals/{goal_id}/finish, with delivered',
      http(
        'POST',
        ({ show }) => `/goals/${show}/finish`,
        () => ({ delivered: true }),
      ),
      guarded(403, 403, 403, 200, 200),
    ],
    [
      "GET /goals/{goal_id}/access/{user_id}, the streamer's",
      http('GET', ({ goal, streamer }) => `/goals/${goal}/access/${streamer}`),
      guarded(403, 403, 200, 200, 200),
    ],
    [
      'PUT /goals/{goal_id}/access/{user_id}',
      http(
        'PUT',
        ({ goal }) => `/goals/${goal}/access/${newId()}`,
        () => ({ allowed: true }),
      ),
      guarded(403, 403, 200, 200, 200),
    ],
    [
      'DELETE /goals/{goal_id}/access/{user_id}',
      http('DELETE', ({ goal }) => `/goals/${goal}/access/${newId()}`),
      guarded(403, 403, 200, 200, 200),
    ],
    [
      'POST /goals/{goal_id}/rehearse',
      http(
        'POST',
        ({ goal }) => `/goals/${goal}/rehearse`,
        () => ({ event: 'goal.progressed' }),
      ),
      guarded(403, 403, 202, 202, 202),
    ],
    [
      'GET /goals/{goal_id}/contributions',
      http('GET', ({ goal }) => `/goals/${goal}/contributions`),
      guarded(403, 403, 200, 200, 200),
    ],
    [
      'POST /goals/{goal_id}/contributions/{source_id}/void',
      http(
        'POST',
        ({ goal }) => `/goals/${goal}/contributions/${newId()}/void`,
        () => ({}),
      ),
      guarded(403, 403, 403, 200, 403),
    ],
    [
      'DELETE /goals/{goal_id}/contributions/{source_id}/message, of none',
      http('DELETE', ({ goal }) => `/goals/${goal}/contributions/${newId()}/message`),
      guarded(403, 403, 404, 404, 404),
    ],
    [
      'GET /goals/{goal_id}/settlement, before there is one',
      http('GET', ({ goal }) => `/goals/${goal}/settlement`),
      guarded(403, 403, 409, 409, 409),
    ],
    ['GET /goals/{goal_id}/leaderboard', http('GET', ({ goal }) => `/goals/${goal}/leaderboard`), all(200)],
    ['POST /sessions', http('POST', '/sessions', () => ({})), guarded(403, 201, 201, 403, 403)],
    ['GET /sessions/{session_id}', http('GET', ({ session }) => `/sessions/${session}`), all(200)],
    [
      'POST /sessions/{session_id}/end',
      http('POST', ({ sessionToEnd }) => `/sessions/${sessionToEnd}/end`),
      guarded(403, 403, 200, 200, 200),
    ],
    [
      'GET /sessions/{session_id}/goals',
      http('GET', ({ session }) => `/sessions/${session}/goals`),
      all(200),
    ],
    ['GET /sessions/{session_id}/feed', http('GET', ({ session }) => `/sessions/${session}/feed`), all(200)],
    [
      'GET /sessions/{session_id}/events',
      http('GET', ({ session }) => `/sessions/${session}/events`),
      all(200),
    ],
    [
      'POST /sessions/{session_id}/overlay-tokens',
      http('POST', ({ session }) => `/sessions/${session}/overlay-tokens`),
      guarded(403, 403, 201, 201, 201),
    ],
    [
      'GET /sessions/{session_id}/overlay-tokens',
      http('GET', ({ session }) => `/sessions/${session}/overlay-tokens`),
      guarded(403, 403, 200, 200, 200),
    ],
    [
      'DELETE /sessions/{session_id}/overlay-tokens/{overlay_id}, all after the streamer',
      http('DELETE', ({ session, overlay }) => `/sessions/${session}/overlay-tokens/${overlay}`),
      guarded(403, 403, 204, 404, 404),
    ],
    ['GET /events', http('GET', '/events'), guarded(403, 403, 403, 200, 200)],
    [
      'POST /webhooks',
      http('POST', '/webhooks', () => ({ url: 'https://192.0.3.1/hook' })),
      guarded(403, 403, 403, 201, 201),
    ],
    ['GET /webhooks', http('GET', '/webhooks'), guarded(403, 403, 403, 200, 200)],
    ...(
      [
        ['GET', '', 200],
        ['PATCH', '', 200],
        ['POST', '/rotate', 200],
        ['POST', '/test', 202],
        ['GET', '/deliveries', 200],
      ] as const
    ).map(([method, path, status]): [string, AccessRow['request'], number[]] => [
      `${method} /webhooks/{webhook_id}${path}`,
      http(
        method,
        ({ webhook }) => `/webhooks/${webhook}${path}`,
        method === 'PATCH' ? () => ({ events: ['goal.settled'] }) : undefined,
      ),
      guarded(403, 403, 403, status, status),
    ]),
    [
      'POST /webhooks/{webhook_id}/deliveries/{event_id}/retry, of an unknown event',
      http('POST', ({ webhook }) => `/webhooks/${webhook}/deliveries/${newId()}/retry`),
      guarded(403, 403, 403, 404, 404),
    ],
    [
      'DELETE /webhooks/{webhook_id}, the admin after the service',
      http('DELETE', ({ webhook }) => `/webhooks/${webhook}`),
      guarded(403, 403, 403, 204, 404),
    ],
    [
      "POST /pusher/auth, a stream's channel",
      channel(({ streamer }) => `private-stream@${streamer}`),
      all(200),
    ],
    [
      "POST /pusher/auth, the streamer's own channel",
      channel(({ streamer }) => `presence-enc-stream-viewer@${streamer}.sd.${streamer}`),
      guarded(403, 403, 200, 403, 403),
    ],
    [
      'POST /admin/token-denials',
      http('POST', '/admin/token-denials', () => ({ jti: newId() })),
      guarded(403, 403, 403, 403, 201),
    ],
    ['GET /admin/token-denials', http('GET', '/admin/token-denials'), guarded(403, 403, 403, 403, 200)],
    [
      'DELETE /admin/token-denials/{denial_id}, of none',
      http('DELETE', () => `/admin/token-denials/${newId()}`),
      guarded(403, 403, 403, 403, 404),
    ],
    [
      'GET /users/{user_id}/data',
      http('GET', () => `/users/${newId()}/data`),
      guarded(403, 403, 403, 200, 200),
    ],
    [
      'DELETE /users/{user_id}/data',
      http('DELETE', () => `/users/${newId()}/data`),
      guarded(403, 403, 403, 202, 202),
    ],
    [
      'GET /erasures/{erasure_id}, of none',
      http('GET', () => `/erasures/${newId()}`),
      guarded(403, 403, 403, 404, 404),
    ],
    ['GET /audit', http('GET', '/audit'), guarded(403, 403, 403, 403, 200)],
    ['GET /dev/realtime', http('GET', '/dev/realtime'), guarded(403, 403, 403, 403, 200)],
    ['GET /admin/queues', http('GET', '/admin/queues/api/queues'), guarded(403, 403, 403, 403, 200)],
    ['POST /admin/queues/token', http('POST', '/admin/queues/token', () => ({})), open(303)],
    ['GET /health/live', http('GET', '/health/live'), open(200)],
    ['GET /health/ready', http('GET', '/health/ready'), open(200)],
    ['GET /metrics', http('GET', '/metrics'), open(200)],
    ['GET /docs', http('GET', '/docs'), open(200)],
    ['GET /docs-json', http('GET', '/docs-json'), open(200)],
    ['GET /demo, without DEMO_FILE', http('GET', '/demo'), open(404)],
    ['GET /demo/config.json, without DEMO_FILE', http('GET', '/demo/config.json'), open(404)],
    ['any other path', http('GET', '/nothing'), open(404)],
    [
      'message goals.create',
      ({ session }) => ({
        pattern: goalPatterns.create,
        message: { goal_type: 'show_funding', ...fundingBody(session) },
      }),
      guarded(403, 403, 200, 200, 200),
    ],
    [
      'message goals.get',
      ({ goal }) => ({ pattern: goalPatterns.get, message: { goal_id: goal } }),
      all(200),
    ],
    [
      "message goals.access, the streamer's",
      ({ goal, streamer }) => ({
        pattern: goalPatterns.access,
        message: { goal_id: goal, user_id: streamer },
      }),
      guarded(403, 403, 200, 200, 200),
    ],
    [
      'message goals.contribute',
      ({ goal }) => ({ pattern: goalPatterns.contribute, message: { goal_id: goal, ...gift() } }),
      guarded(403, 403, 403, 200, 403),
    ],
  ] satisfies [string, AccessRow['request'], number[]][]
).map(([call, request, statuses]) => ({ call, request, statuses }));
