import { newId } from '#platform';
import { get, goal, type RefusalCase, type Row, rows, show, typed } from './refusal-rows.js';

const lists = ['/goals', ...['goals', 'feed'].map((list) => `/sessions/ID/${list}`)];

/** A query that lists refuse; those of goals alone know filters. */
const listQuery = (query: string, pointer: string, of = lists): Row[] =>
  of.map((list) => [
    `${list}?${query}`,
    get(({ free }) => `${list.replace('ID', free.sessionId)}?${query}`),
    { pointers: [pointer] },
  ]);

/** Every refusal of the contract, but for the faults of single fields. */
export const refusalCases: RefusalCase[] = [
  ...rows(
    400,
    'malformed_request',
    ['a body that is no JSON', show({ body: '{"levels":' })],
    ['a body that is empty', show(typed('application/json', ''))],
    ['a body that would poison prototypes', show({ body: '{"__proto__":{"active":true}}' })],
    ['a path that cannot be decoded', get('/goals/%zz')],
  ),
  ...rows(
    400,
    'unknown_goal_type',
    ['goal_type unknown', show({ query: 'goal_type=dance' })],
    ['goal_type named by its class', show({ query: 'goal_type=ShowGoal' })],
    ['goal_type missing', show({ query: '' })],
    ['goal_type empty', show({ query: 'goal_type=' })],
    ['goal_type twice', show({ query: 'goal_type=show&goal_type=show' })],
  ),
  ...rows(
    401,
    'unauthorized',
    ['no token', show({ headers: { authorization: '' } })],
    ['a token of garbage', show({ headers: { authorization: 'Bearer garbage' } })],
  ),
  ...rows(
    403,
    'not_your_session',
    ['another streamer', show({ as: [newId()] })],
    ['a viewer', show({ as: [newId(), []] })],
  ),
  ...rows(403, 'not_your_session', [
    'the end of the session of another streamer',
    ({ service, free }) => service.client(newId()).post(`/sessions/${free.sessionId}/end`),
  ]),
  ...rows(403, 'forbidden', [
    'a session of a viewer',
    ({ service }) => service.client(newId(), []).post('/sessions', {}),
  ]),
  ...rows(
    404,
    'session_not_found',
    ['an unknown session', show({}, ({ free }) => ({ ...free, sessionId: newId() }))],
    ['the end of an unknown session', ({ streamer }) => streamer.post(`/sessions/${newId()}/end`)],
    ['a session id of another form', get('/sessions/1')],
    ['a session id in upper case', get(({ free }) => `/sessions/${free.sessionId.toUpperCase()}`)],
    ['goals of a session id of another form', get('/sessions/$gt/goals')],
    ['feed of a session id of another form', get('/sessions/%7B%7D/feed')],
    ['goals of an unknown session', get(`/sessions/${newId()}/goals`)],
    ['feed of an unknown session', get(`/sessions/${newId()}/feed`)],
  ),
  ...rows(
    404,
    'goal_not_found',
    ['an unknown funding goal', show({}, ({ free }) => ({ ...free, fundingGoalId: newId() }))],
    [
      'an unknown trigger goal',
      goal(
        'exclusive',
        ({ free }) => free.sessionId,
        () => ({ trigger_exclusive_goal_id: newId() }),
      ),
    ],
    ['an unknown goal', get(`/goals/${newId()}`)],
    ['a goal id of another form', get('/goals/1')],
    ['a goal id in upper case', get(({ free }) => `/goals/${free.fundingGoalId.toUpperCase()}`)],
  ),
  ...rows(
    404,
    'not_found',
    ['an unknown path', get('/nothing')],
    ['a goal id of 600 characters', get(`/goals/${'a'.repeat(600)}`)],
  ),
  ...rows(
    405,
    'method_not_allowed',
    ['a method that a path does not take', ({ streamer }) => streamer.send('DELETE', '/goals')],
    ['a method that a goal does not take', ({ streamer }) => streamer.send('PUT', `/goals/${newId()}`)],
  ),
  ...rows(
    409,
    'already_bound',
    [
      'a funding goal that has its show',
      show({}, ({ bound }) => bound),
      { goalId: ({ bound }) => bound.showGoalId },
    ],
    [
      'a session that has its karaoke goal',
      goal('karaoke', ({ bound }) => bound.sessionId),
      { goalId: ({ bound }) => bound.karaokeGoalId },
    ],
  ),
  ...rows(
    409,
    'create_in_flight',
    [
      'a funding goal whose show is in the queue',
      show({}, ({ inFlight }) => inFlight),
      { goalId: ({ inFlight }) => inFlight.showGoalId },
    ],
    [
      'a session whose karaoke goal is in the queue',
      goal('karaoke', ({ inFlight }) => inFlight.sessionId),
      { goalId: ({ inFlight }) => inFlight.karaokeGoalId },
    ],
  ),
  ...rows(409, 'goal_pending', [
    'a funding goal that is pending',
    show({}, ({ pending }) => pending),
    { goalId: ({ pending }) => pending.fundingGoalId },
  ]),
  ...rows(409, 'not_a_show', [
    'access to a karaoke goal',
    ({ service, bound }) =>
      service.client(undefined, ['service']).get(`/goals/${bound.karaokeGoalId}/access/${newId()}`),
  ]),
  ...rows(412, 'version_mismatch', [
    'an edit of another version',
    ({ streamer, bound }) =>
      streamer.send(
        'PATCH',
        `/goals/${bound.showGoalId}`,
        { levels: [{ title: 'one' }] },
        { 'if-match': '"9999"' },
      ),
  ]),
  ...rows(428, 'precondition_required', [
    'an edit without a version',
    ({ streamer, bound }) => streamer.send('PATCH', `/goals/${bound.showGoalId}`, {}),
  ]),
  ...rows(409, 'pair_not_bound', ['a session without the pair', show({}, ({ unpaired }) => unpaired)]),
  ...rows(
    409,
    'session_ended',
    ['a show in a session that has ended', show({}, ({ ended }) => ended)],
    ...(['show_funding', 'karaoke', 'trigger_exclusive', 'trigger_private'] as const).map((goalType): Row => [
      `a goal ${goalType} in it`,
      goal(goalType, ({ ended }) => ended.sessionId),
    ]),
  ),
  ...rows(413, 'payload_too_large', ['a body over 64 KiB', show({ body: { prize: 'x'.repeat(64 * 1024) } })]),
  ...rows(
    415,
    'unsupported_media_type',
    ['a body of XML', show(typed('application/xml', '<goal/>'))],
    ['a body of text', show(typed('text/plain'))],
  ),
  ...rows(
    422,
    'validation_failed',
    [
      'a funding goal of another class',
      show({}, ({ bound }) => ({ ...bound, fundingGoalId: bound.showGoalId })),
      { pointers: ['/context/funding_goal_id'] },
    ],
    [
      'a funding goal of another session',
      show({}, ({ free, elsewhere }) => ({ ...free, fundingGoalId: elsewhere.fundingGoalId })),
      { pointers: ['/context/funding_goal_id'] },
    ],
    [
      'an unknown property of a session',
      ({ streamer }) => streamer.post('/sessions', { user: newId() }),
      { pointers: ['/user'] },
    ],
    [
      'a trigger goal of another class',
      goal(
        'exclusive',
        ({ bound }) => bound.sessionId,
        ({ bound }) => ({ trigger_exclusive_goal_id: bound.fundingGoalId }),
      ),
      { pointers: ['/context/trigger_exclusive_goal_id'] },
    ],
    ...listQuery('limit=0', '/limit'),
    ...listQuery('limit=101', '/limit'),
    ...listQuery('limit=1.5', '/limit'),
    ...listQuery('limit=many', '/limit'),
    ...listQuery('limit=1&limit=2', '/limit'),
    ...listQuery('cursor=garbage', '/cursor'),
    ...listQuery(`cursor=${'a'.repeat(101)}`, '/cursor'),
    ...listQuery('cursor=a&cursor=b', '/cursor'),
    ...listQuery('goal_type=dance', '/goal_type'),
    ...listQuery('status=pending', '/status', lists.slice(0, 2)),
    ...listQuery('page=2', '/page'),
    ...listQuery('valueOf=2', '/valueOf'),
  ),
];
