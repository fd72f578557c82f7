import { allowPage, forbidden, hasRole, Problem, sendProblem, TokenVerifier } from '#platform';
import { createBullBoard } from '@bull-board/api';
import { BullAdapter } from '@bull-board/api/bullAdapter';
import { FastifyAdapter } from '@bull-board/fastify';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AllQueues } from '../all-queues.module.js';
import { cookieOf, keepToken, tokenCookie, tokenForm } from './board-token.js';

const path = '/admin/queues';
const formType = 'application/x-www-form-urlencoded';

/** Serves the queue board: every queue, the dead letters among them, to show and to replay; for the role admin alone. */
export async function serveQueueBoard(app: NestFastifyApplication): Promise<void> {
  const tokens = app.get(TokenVerifier);
  const board = new FastifyAdapter().setBasePath(path);
  createBullBoard({
    queues: app.get(AllQueues).queues.map((queue) => new BullAdapter(queue)),
    serverAdapter: board,
    options: { uiConfig: { boardTitle: 'goalpost queues' } },
  });
  await app.register(
    async (room: FastifyInstance) => {
      room.addHook('onRequest', async (request, reply) => {
        allowPage(reply);
        if (request.url !== `${path}/token`) await letAdminIn(tokens, request, reply);
      });
      room.addContentTypeParser(formType, { parseAs: 'string' }, (_, body, done) =>
        done(null, Object.fromEntries(new URLSearchParams(String(body)))),
      );
      room.post('/token', (request, reply) => keepToken(path, request, reply));
      await room.register(board.registerPlugin());
    },
    { prefix: path },
  );
}

/** By the header that programs send, or by the cookie of a browser; a browser without one is asked for a token. */
async function letAdminIn(
  tokens: TokenVerifier,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const cookie = cookieOf(request, tokenCookie);
  try {
    const caller = await tokens.verify(request.headers.authorization ?? (cookie && `Bearer ${cookie}`));
    if (!hasRole(caller, 'admin')) throw forbidden('The queue board is for the role admin.');
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const isBrowser = request.method === 'GET' && request.headers.accept?.includes('text/html');
    if (!isBrowser) return sendProblem(error, request, reply);
    await reply.status(error.kind.status).type('text/html').send(tokenForm(path, error.message));
  }
}
