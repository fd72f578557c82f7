import type { ProblemDetails } from '#contracts';
import { type Answer, timedBody, showBody } from './client.js';
import type { Scene } from './refusal-scene.js';

/** A request that is refused, and how. */
export interface RefusalCase {
  name: string;
  send: (scene: Scene) => Promise<Answer<ProblemDetails>>;
  status: number;
  code: string;
  pointers?: string[];
  /** The goal that the refusal names. */
  goalId?: (scene: Scene) => string;
}

type Funded = Scene['free'];
type Change = {
  body?: unknown;
  query?: string;
  headers?: Record<string, string>;
  as?: [id?: string, roles?: string[]];
};

/** A request for a show goal that would be accepted but for what is changed in it. */
export const show =
  (change: Change = {}, of: (scene: Scene) => Funded = ({ free }) => free) =>
  (scene: Scene) => {
    const { sessionId, fundingGoalId } = of(scene);
    const { query = 'goal_type=show', headers, as } = change;
    const client = as ? scene.service.client(...as) : scene.streamer;
    const body = 'body' in change ? change.body : showBody(sessionId, fundingGoalId);
    return client.post<ProblemDetails>(`/goals?${query}`, body, headers);
  };

/** A reading of a path. */
export const get = (path: string | ((scene: Scene) => string)) => (scene: Scene) =>
  scene.streamer.get<ProblemDetails>(typeof path === 'string' ? path : path(scene));

export type Row = [name: string, send: RefusalCase['send'], rest?: Partial<RefusalCase>];
/** Cases that have status and code in common. */
export const rows = (status: number, code: string, ...list: Row[]): RefusalCase[] =>
  list.map(([name, send, rest]) => ({ name, send, status, code, ...rest }));

/** Changes the body and its type. */
export const typed = (type: string, body: unknown = {}) => ({ body, headers: { 'content-type': type } });

/** A request of another class, with what its context takes beside the session. */
export const goal =
  (goalType: string, sessionId: (scene: Scene) => string, context: (scene: Scene) => object = () => ({})) =>
  (scene: Scene) =>
    scene.streamer.post<ProblemDetails>(
      `/goals?goal_type=${goalType}`,
      timedBody(sessionId(scene), context(scene)),
    );
