import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AuditLog } from '#audit';
import { EventLog } from '#event-log';
import { FundingStore, GoalReader, GoalRequestStore } from '#goals';
import { Clock, DueLists, isId, Ledger, notFound, Readiness, RedisKeys, TokenVerifier } from '#platform';
import { RealtimeConfig } from '#realtime';
import { SessionStore } from '#sessions';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import { Redis } from 'ioredis';
import { AllQueues } from '../all-queues.js';
import { letAdminsIn } from './admin-sign-in.js';
import { GoalStories } from './goal-stories.js';
import { Overview } from './overview.js';

const path = '/admin';

/** The files of the page by their path. */
const files = {
  '': ['console.html', 'text/html; charset=utf-8'],
  '/console.css': ['console.css', 'text/css; charset=utf-8'],
  '/console.js': ['console.js', 'text/javascript; charset=utf-8'],
} as const;

/** Serves the operators' console, one page with what it reads, for the role admin alone. The queue board is behind it. */
export async function serveConsole(app: NestFastifyApplication): Promise<void> {
  const queues = app.get(AllQueues);
  const overview = new Overview(
    app.get(Readiness),
    queues,
    app.get(DueLists),
    app.get(FundingStore),
    app.get(SessionStore),
    app.get(RealtimeConfig),
    app.get(Clock),
  );
  const stories = new GoalStories(
    app.get(GoalReader),
    app.get(GoalRequestStore),
    app.get(EventLog),
    app.get(AuditLog),
    queues,
    new Ledger(app.get(Redis), app.get(RedisKeys)),
  );
  const folder = publicFolder(dirname(fileURLToPath(import.meta.url)));
  await app.register(
    (scope: FastifyInstance, _: unknown, done: () => void) => {
      letAdminsIn(scope, app.get(TokenVerifier), { path, title: 'goalpost console', logAs: 'Console' });
      for (const [url, [name, type]] of Object.entries(files))
        scope.get(url, async (_request, reply) => {
          void reply.header('cache-control', 'no-cache').type(type);
          return readFile(join(folder, name));
        });
      scope.get('/api/overview', () => overview.read());
      scope.get<{ Params: { goal_id: string } }>('/api/goals/:goal_id', async ({ params: { goal_id } }) => {
        if (!isId(goal_id)) throw notFound('That is no id of a goal.');
        return stories.tell(goal_id);
      });
      done();
    },
    { prefix: path },
  );
}

/** Compiled code runs in dist, but the page is never copied there. */
function publicFolder(from: string): string {
  if (existsSync(join(from, 'package.json')) || dirname(from) === from)
    return join(from, 'libs', 'operations', 'public');
  return publicFolder(dirname(from));
}
