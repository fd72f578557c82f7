import { allowPage, type Caller, forbidden, hasRole, sendProblem, TokenVerifier, toProblem } from '#platform';
import { createBullBoard } from '@bull-board/api';
import { BullAdapter } from '@bull-board/api/bullAdapter';
import type { AppControllerRoute } from '@bull-board/api/typings/app';
import { FastifyAdapter } from '@bull-board/fastify';
import { Logger } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AllQueues } from '../all-queues.module.js';
import { cookieOf, keepToken, tokenCookie, tokenForm } from './board-token.js';
import { Replays } from './replays.js';

const path = '/admin/queues';
const formType = 'application/x-www-form-urlencoded';

/** Of the board's own routes, those alone that change nothing: an emptied queue would take accepted goals with it. */
class ShowingAdapter extends FastifyAdapter {
  override setApiRoutes(routes: AppControllerRoute[]): FastifyAdapter {
    return super.setApiRoutes(routes.filter(({ method }) => method === 'get'));
  }
}

/** Serves the queue board: every queue, the dead letters among them, to show and to replay; for the role admin alone. */
export async function serveQueueBoard(app: NestFastifyApplication): Promise<void> {
  const { queues } = app.get(AllQueues);
  const board = new ShowingAdapter().setBasePath(path);
  createBullBoard({
    queues: queues.map((queue) => new BullAdapter(queue)),
    serverAdapter: board,
    options: { uiConfig: { boardTitle: 'goalpost queues' } },
  });
  await app.register(
    async (scope: FastifyInstance) => {
      guard(scope, app.get(TokenVerifier));
      scope.addContentTypeParser(formType, { parseAs: 'string' }, (_, body, done) =>
        done(null, Object.fromEntries(new URLSearchParams(String(body)))),
      );
      scope.post('/token', (request, reply) => keepToken(path, request, reply));
      serveReplays(scope, new Replays(queues));
      await scope.register(board.registerPlugin());
    },
    { prefix: path },
  );
}

/** Lets admins in alone, and pages of this origin alone change something. Logs who changed what, or tried to. */
function guard(scope: FastifyInstance, tokens: TokenVerifier): void {
  const logger = new Logger('QueueBoard');
  const admins = new WeakMap<FastifyRequest, Caller>();
  scope.addHook('onRequest', async (request, reply) => {
    allowPage(reply);
    // Under no-referrer a browser sends the token form with the origin null, as if from nowhere.
    void reply.header('referrer-policy', 'same-origin');
    const isToken = request.url === `${path}/token`;
    try {
      if (!isToken) admins.set(request, await adminOf(tokens, request));
      if (changes(request)) refuseForeignPage(request, !isToken);
    } catch (error) {
      refuse(error, request, reply);
    }
  });
  scope.addHook('onResponse', (request, reply, done) => {
    const admin = admins.get(request);
    if (admin && changes(request)) {
      const action = `${request.method} ${request.url.split('?', 1)[0]!.slice(0, 200)}`;
      const msg = `${admin.userId} asked the queue board for ${action}`;
      logger.log({ msg, actor: admin.userId, action, outcome: reply.statusCode });
    }
    done();
  });
}

/** The board's actions as its pages ask for them: replaying, and nothing else. */
function serveReplays(scope: FastifyInstance, replays: Replays): void {
  scope.setErrorHandler(refuse);
  scope.put<{ Params: { queue: string } }>('/api/queues/:queue/retry/failed', ({ params }) =>
    replays.all(params.queue),
  );
  scope.put<{ Params: { queue: string; job: string } }>(
    '/api/queues/:queue/:job/retry',
    async ({ params }, reply) => {
      await replays.one(params.queue, params.job);
      return reply.status(204).send();
    },
  );
  scope.route({
    method: ['POST', 'PUT', 'PATCH', 'DELETE'],
    url: '/api/*',
    handler: () => {
      throw forbidden('The queue board shows and replays jobs; it changes nothing else.');
    },
  });
}

const changes = ({ method }: FastifyRequest): boolean => method !== 'GET' && method !== 'HEAD';

/** Known by the header that programs send, or by the cookie of a browser. */
async function adminOf(tokens: TokenVerifier, request: FastifyRequest): Promise<Caller> {
  const cookie = cookieOf(request, tokenCookie);
  const caller = await tokens.verify(request.headers.authorization ?? (cookie && `Bearer ${cookie}`));
  if (!hasRole(caller, 'admin')) throw forbidden('The queue board is for the role admin.');
  return caller;
}

/** A browser says by itself which page sends; a program that sends a token has no page. */
function refuseForeignPage({ headers, host }: FastifyRequest, needsToken: boolean): void {
  const { origin, authorization } = headers;
  const isOwn = origin === undefined ? !needsToken || authorization !== undefined : hostOf(origin) === host;
  if (!isOwn) throw forbidden('The request does not come from a page of this origin.');
}

/** `null`, which a page without an origin sends, has no host. */
function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}

/** A browser without a token that holds is asked for one. */
function refuse(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const problem = toProblem(error);
  const isBrowser = request.method === 'GET' && request.headers.accept?.includes('text/html');
  if (!isBrowser) return sendProblem(problem, request, reply);
  void reply.status(problem.kind.status).type('text/html').send(tokenForm(path, problem.message));
}
