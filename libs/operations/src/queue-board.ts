import { actorOf, AuditLog } from '#audit';
import {
  allowPage,
  type Caller,
  forbidden,
  hasRole,
  notFound,
  type RecordReplay,
  replayFailed,
  sendProblem,
  TokenVerifier,
  toProblem,
} from '#platform';
import { createBullBoard } from '@bull-board/api';
import { BullAdapter } from '@bull-board/api/bullAdapter';
import type { AppControllerRoute } from '@bull-board/api/typings/app';
import { FastifyAdapter } from '@bull-board/fastify';
import { Logger } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Queue } from 'bull';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AllQueues } from './all-queues.js';
import { recordReplays } from './recorded-replays.js';

const path = '/admin/queues';
const formType = 'application/x-www-form-urlencoded';
const replaysAtOnce = 100;

/** The cookie in which a browser keeps the token for the board. */
const tokenCookie = 'goalpost_admin';

/** Registers only those of the board's own routes that change nothing: emptying a queue would delete accepted goals. */
class ReadOnlyAdapter extends FastifyAdapter {
  override setApiRoutes(routes: AppControllerRoute[]): FastifyAdapter {
    return super.setApiRoutes(routes.filter(({ method }) => method === 'get'));
  }
}

/** Serves the queue board: it shows every queue, dead letters included, and replays; for the role admin alone. */
export async function serveQueueBoard(app: NestFastifyApplication): Promise<void> {
  const { queues } = app.get(AllQueues);
  const board = new ReadOnlyAdapter().setBasePath(path);
  createBullBoard({
    queues: queues.map((queue) => new BullAdapter(queue)),
    serverAdapter: board,
    options: { uiConfig: { boardTitle: 'goalpost queues' } },
  });
  await app.register(
    async (scope: FastifyInstance) => {
      const admins = guard(scope, app.get(TokenVerifier));
      scope.addContentTypeParser(formType, { parseAs: 'string' }, (_, body, done) =>
        done(null, Object.fromEntries(new URLSearchParams(String(body)))),
      );
      scope.post('/token', setTokenCookie);
      const log = app.get(AuditLog);
      serveReplays(scope, queues, (request) => recordReplays(log, actorOf(admins.get(request)!)));
      await scope.register(board.registerPlugin());
    },
    { prefix: path },
  );
}

/** Who asks, of each request that was let in. */
type Admins = Pick<WeakMap<FastifyRequest, Caller>, 'get'>;

/** Lets only admins in, and only pages of this origin change something. Logs who changed what, or tried to. */
function guard(scope: FastifyInstance, tokens: TokenVerifier): Admins {
  const logger = new Logger('QueueBoard');
  const admins = new WeakMap<FastifyRequest, Caller>();
  scope.addHook('onRequest', async (request, reply) => {
    allowPage(reply);
    // Under no-referrer a browser sends the token form with the origin null.
    void reply.header('referrer-policy', 'same-origin');
    const isTokenForm = request.url === `${path}/token`;
    try {
      if (!isTokenForm) admins.set(request, await adminOf(tokens, request));
      if (changes(request)) refuseForeignPage(request, !isTokenForm);
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
  return admins;
}

const changes = ({ method }: FastifyRequest): boolean => method !== 'GET' && method !== 'HEAD';

/** Programs send their token in the header, browsers in the cookie. */
async function adminOf(tokens: TokenVerifier, request: FastifyRequest): Promise<Caller> {
  const cookie = cookieOf(request, tokenCookie);
  const caller = await tokens.verify(request.headers.authorization ?? (cookie && `Bearer ${cookie}`));
  if (!hasRole(caller, 'admin')) throw forbidden('The queue board is for the role admin.');
  return caller;
}

function cookieOf({ headers }: FastifyRequest, name: string): string | undefined {
  const pairs = (headers.cookie ?? '').split(';').map((pair) => pair.trim().split('='));
  return pairs.find(([key]) => key === name)?.[1];
}

/** A browser sends the origin of its page; a program that sends a token has none. */
function refuseForeignPage({ headers, host }: FastifyRequest, needsToken: boolean): void {
  const { origin, authorization } = headers;
  const isOwn = origin === undefined ? !needsToken || authorization !== undefined : hostOf(origin) === host;
  if (!isOwn) throw forbidden('The request does not come from a page of this origin.');
}

/** Undefined for `null`, which a page without an origin sends. */
function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}

/** Sends a problem, or to a browser the form that asks for a token. */
function refuse(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const problem = toProblem(error);
  const isBrowser = request.method === 'GET' && request.headers.accept?.includes('text/html');
  if (!isBrowser) return sendProblem(problem, request, reply);
  void reply.status(problem.kind.status).type('text/html').send(tokenForm(problem.message));
}

function tokenForm(reason: string): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>goalpost queues</title>
<style>body{font:1rem/1.5 system-ui;max-width:32rem;margin:4rem auto;padding:0 1rem;color-scheme:light dark}
input{width:100%;box-sizing:border-box;font:inherit;padding:.5rem;margin:.5rem 0}button{font:inherit;padding:.5rem 1rem}</style>
<h1>Queues</h1><p>${reason}</p><form method="post" action="${path}/token">
<label>Token of an admin <input name="token" type="password" autocomplete="off" required autofocus></label>
<button>Open the board</button></form></html>`;
}

/** Stores the token of the form in a cookie that scripts cannot read and other sites cannot send. */
async function setTokenCookie(request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const { token } = (request.body ?? {}) as { token?: unknown };
  const isToken = typeof token === 'string' && /^[\w-]+\.[\w-]+\.[\w-]*$/.test(token);
  if (isToken)
    void reply.header(
      'set-cookie',
      `${tokenCookie}=${token}; Path=${path}; HttpOnly; SameSite=Strict${request.protocol === 'https' ? '; Secure' : ''}`,
    );
  await reply.redirect(path, 303);
}

/** The only changes of the board, as its pages ask for them: replays of dead letters, which give them all their attempts. */
function serveReplays(
  scope: FastifyInstance,
  queues: Queue[],
  recordFor: (request: FastifyRequest) => RecordReplay,
): void {
  const queueOf = (name: string): Queue => {
    const queue = queues.find((one) => one.name === name);
    if (!queue) throw notFound('There is no such queue.');
    return queue;
  };
  scope.setErrorHandler(refuse);
  scope.put<{ Params: { queue: string } }>('/api/queues/:queue/retry/failed', (request) =>
    replayAll(queueOf(request.params.queue), recordFor(request)),
  );
  scope.put<{ Params: { queue: string; job: string } }>(
    '/api/queues/:queue/:job/retry',
    async (request, reply) => {
      const { queue, job } = request.params;
      if (!(await replayFailed(queueOf(queue), job, recordFor(request))))
        throw notFound(`No dead job of ${queue} has that id.`);
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

async function replayAll(queue: Queue, record: RecordReplay): Promise<{ retried: number; skipped: number }> {
  const ids = await queue.client.zrange(queue.toKey('failed'), 0, -1);
  let retried = 0;
  for (let from = 0; from < ids.length; from += replaysAtOnce) {
    const replays = ids.slice(from, from + replaysAtOnce).map((id) => replayFailed(queue, id, record));
    retried += (await Promise.all(replays)).filter(Boolean).length;
  }
  return { retried, skipped: ids.length - retried };
}
