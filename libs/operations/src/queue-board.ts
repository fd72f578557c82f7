import { actorOf, AuditLog } from '#audit';
import { forbidden, notFound, type RecordReplay, replayFailed, TokenVerifier } from '#platform';
import { createBullBoard } from '@bull-board/api';
import { BullAdapter } from '@bull-board/api/bullAdapter';
import type { AppControllerRoute } from '@bull-board/api/typings/app';
import { FastifyAdapter } from '@bull-board/fastify';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Queue } from 'bull';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { AllQueues } from './all-queues.js';
import { letAdminsIn } from './console/admin-sign-in.js';
import { recordReplays } from './recorded-replays.js';

const path = '/admin/queues';
const replaysAtOnce = 100;

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
      const admins = letAdminsIn(scope, app.get(TokenVerifier), {
        path,
        title: 'goalpost queues',
        logAs: 'QueueBoard',
      });
      const log = app.get(AuditLog);
      serveReplays(scope, queues, (request) => recordReplays(log, actorOf(admins.get(request)!)));
      await scope.register(board.registerPlugin());
    },
    { prefix: path },
  );
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
