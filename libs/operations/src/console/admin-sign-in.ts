import { allowPage, type Caller, forbidden, hasRole, sendProblem, TokenVerifier, toProblem } from '#platform';
import { Logger } from '@nestjs/common';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

const formType = 'application/x-www-form-urlencoded';

/** The cookie in which a browser keeps the token for the pages below /admin. */
const tokenCookie = 'goalpost_admin';

/** A part of /admin: where it is, and what its sign-in page is called. */
export interface AdminPages {
  path: string;
  title: string;
  /** The context of its log lines. */
  logAs: string;
}

/** Who asks, of each request that was let in. */
export type Admins = Pick<WeakMap<FastifyRequest, Caller>, 'get'>;

/**
 * Lets only admins see these pages, and only pages of this origin change something; browsers sign in by a form below the path.
 * Logs who changed what, or tried to.
 */
export function letAdminsIn(scope: FastifyInstance, tokens: TokenVerifier, pages: AdminPages): Admins {
  const logger = new Logger(pages.logAs);
  const admins = new WeakMap<FastifyRequest, Caller>();
  scope.addHook('onRequest', async (request, reply) => {
    allowPage(reply);
    // Under no-referrer a browser sends the token form with the origin null.
    void reply.header('referrer-policy', 'same-origin');
    const isTokenForm = request.url === `${pages.path}/token`;
    try {
      if (!isTokenForm) admins.set(request, await adminOf(tokens, request));
      if (changes(request)) refuseForeignPage(request, !isTokenForm);
    } catch (error) {
      refuse(error, request, reply, pages);
    }
  });
  scope.addHook('onResponse', (request, reply, done) => {
    const admin = admins.get(request);
    if (admin && changes(request)) {
      const action = `${request.method} ${request.url.split('?', 1)[0]!.slice(0, 200)}`;
      const msg = `${admin.userId} asked ${pages.path} for ${action}`;
      logger.log({ msg, actor: admin.userId, action, outcome: reply.statusCode });
    }
    done();
  });
  scope.addContentTypeParser(formType, { parseAs: 'string' }, (_, body, done) =>
    done(null, Object.fromEntries(new URLSearchParams(String(body)))),
  );
  scope.post('/token', (request, reply) => setTokenCookie(request, reply, pages.path));
  scope.setErrorHandler((error, request, reply) => refuse(error, request, reply, pages));
  return admins;
}

const changes = ({ method }: FastifyRequest): boolean => method !== 'GET' && method !== 'HEAD';

/** Programs send their token in the header, browsers in the cookie. */
async function adminOf(tokens: TokenVerifier, request: FastifyRequest): Promise<Caller> {
  const cookie = cookieOf(request, tokenCookie);
  const caller = await tokens.verify(request.headers.authorization ?? (cookie && `Bearer ${cookie}`));
  if (!hasRole(caller, 'admin')) throw forbidden('These pages are for the role admin.');
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
function refuse(error: unknown, request: FastifyRequest, reply: FastifyReply, pages: AdminPages): void {
  const problem = toProblem(error);
  const isBrowser = request.method === 'GET' && request.headers.accept?.includes('text/html');
  if (!isBrowser) return sendProblem(problem, request, reply);
  void reply.status(problem.kind.status).type('text/html').send(tokenForm(problem.message, pages));
}

function tokenForm(reason: string, { path, title }: AdminPages): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${title}</title><link rel="icon" href="data:,">
<style>body{font:1rem/1.5 system-ui;max-width:32rem;margin:4rem auto;padding:0 1rem;color-scheme:light dark}
input{width:100%;box-sizing:border-box;font:inherit;padding:.5rem;margin:.5rem 0}button{font:inherit;padding:.5rem 1rem}</style>
<main><h1>${title}</h1><p>${reason}</p><form method="post" action="${path}/token">
<label>Token of an admin <input name="token" type="password" autocomplete="off" required autofocus></label>
<button>Sign in</button></form></main></html>`;
}

/** Stores the token of the form in a cookie that scripts cannot read and other sites cannot send. */
async function setTokenCookie(request: FastifyRequest, reply: FastifyReply, path: string): Promise<void> {
  const { token } = (request.body ?? {}) as { token?: unknown };
  const isToken = typeof token === 'string' && /^[\w-]+\.[\w-]+\.[\w-]*$/.test(token);
  if (isToken)
    void reply.header(
      'set-cookie',
      `${tokenCookie}=${token}; Path=/admin; HttpOnly; SameSite=Strict${request.protocol === 'https' ? '; Secure' : ''}`,
    );
  await reply.redirect(path, 303);
}
