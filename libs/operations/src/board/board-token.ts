import type { FastifyReply, FastifyRequest } from 'fastify';

/** The cookie in which a browser keeps the token for the queue board. */
export const tokenCookie = 'goalpost_admin';

/** The value of a cookie, if the request has it. */
export function cookieOf({ headers }: FastifyRequest, name: string): string | undefined {
  const pairs = (headers.cookie ?? '').split(';').map((pair) => pair.trim().split('='));
  return pairs.find(([key]) => key === name)?.[1];
}

/** A page that asks for a token, with the reason why one is needed. */
export function tokenForm(path: string, reason: string): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>goalpost queues</title>
<style>body{font:1rem/1.5 system-ui;max-width:32rem;margin:4rem auto;padding:0 1rem;color-scheme:light dark}
input{width:100%;box-sizing:border-box;font:inherit;padding:.5rem;margin:.5rem 0}button{font:inherit;padding:.5rem 1rem}</style>
<h1>Queues</h1><p>${reason}</p><form method="post" action="${path}/token">
<label>Token of an admin <input name="token" type="password" autocomplete="off" required autofocus></label>
<button>Open the board</button></form></html>`;
}

/** Keeps the token that the form sent in a cookie that scripts cannot read and other sites cannot send. */
export async function keepToken(path: string, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const { token } = (request.body ?? {}) as { token?: unknown };
  const isToken = typeof token === 'string' && /^[\w-]+\.[\w-]+\.[\w-]*$/.test(token);
  if (isToken)
    void reply.header(
      'set-cookie',
      `${tokenCookie}=${token}; Path=${path}; HttpOnly; SameSite=Strict${request.protocol === 'https' ? '; Secure' : ''}`,
    );
  await reply.redirect(path, 303);
}
