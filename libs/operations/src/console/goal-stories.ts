import { AuditLog } from '#audit';
import type { Goal } from '#contracts';
import { EventLog } from '#event-log';
import { GoalReader, GoalRequestStore, goalRoutes } from '#goals';
import { idFrom, idsOf, type Ledger } from '#platform';
import type { Job, Queue } from 'bull';
import type { AllQueues } from '../all-queues.js';

const mostJobs = 500;
const mostEvents = 200;
const lateAfterSeconds = 1;
const states = ['active', 'waiting', 'delayed', 'failed'] as const;

/** The events that every goal has once, and whose handlers bring it to where it belongs. */
const oncePerGoal = ['goal.created', 'goal.added'];

interface Happening {
  at: string;
  what: string;
  detail?: string;
}

interface LeftJob {
  id: string;
  queue: string;
  state: (typeof states)[number];
  handlers?: string;
  event?: string;
  tries: number;
  error?: string;
  at: string;
  next_at?: string;
}

/** Tells operators all that is known of one goal, and what of it is late. */
export class GoalStories {
  constructor(
    private readonly goals: GoalReader,
    private readonly requests: GoalRequestStore,
    private readonly events: EventLog,
    private readonly audit: AuditLog,
    private readonly all: AllQueues,
    private readonly ledger: Ledger,
  ) {}

  /** The story of a goal; throws goal_not_found if there is none. */
  async tell(goalId: string) {
    const goal = await this.goals.get(goalId);
    const jobs = await this.jobsOf(goalId);
    const [request, handlers, logged, audit] = await Promise.all([
      this.requests.find(goalId),
      this.handlersOf(goal, jobs),
      this.events.after(0, mostEvents, { goal_id: goalId }),
      this.audit.page({ goal_id: goalId }, { limit: 50 }, (line) => ({
        at: line.at.toISOString(),
        act: line.act,
        actor: line.actor.user_id,
      })),
    ]);
    const timeline = withGaps([
      ...(request
        ? [{ at: request.accepted_at.toISOString(), what: 'accepted, and answered with 202' }]
        : []),
      ...logged.events.map(({ event }) => ({
        at: event.occurred_at,
        what: event.type,
        detail: `event ${event.event_id}`,
      })),
      ...handlers.flatMap(({ event, handler, done_at }) =>
        done_at ? [{ at: done_at, what: `${handler} is done`, detail: `with ${event}` }] : [],
      ),
      ...audit.items.map(({ at, act, actor }) => ({ at, what: act, detail: `by ${actor}` })),
    ]);
    return {
      goal,
      findings: findingsOf(goal, jobs),
      timeline,
      handlers,
      jobs,
      audit: audit.items,
    };
  }

  private async jobsOf(goalId: string): Promise<LeftJob[]> {
    const found = await Promise.all(
      this.all.queues.flatMap((queue) => states.map((state) => jobsIn(queue, state, goalId))),
    );
    return found.flat();
  }

  /** Which handlers the goal's first events reach, and when each was done. The ledger forgets after a day. */
  private async handlersOf({ goal_id, _cls, created_at }: Goal & { created_at?: string }, jobs: LeftJob[]) {
    const isForgotten = created_at !== undefined && Date.now() - Date.parse(created_at) > 23 * 3600_000;
    if (isForgotten) return [];
    const found = await Promise.all(
      oncePerGoal.map(async (event) => {
        const done = await this.ledger.timesOf(idFrom(event, goal_id));
        const names = (goalRoutes as Record<string, Record<string, readonly string[]>>)[event]?.[_cls] ?? [];
        return names.map((handler) => ({
          event,
          handler,
          state: done[handler] ? 'done' : hasJob(jobs, event, handler) ? 'not done' : 'not reached, or off',
          done_at: done[handler],
        }));
      }),
    );
    return found.flat();
  }
}

const hasJob = (jobs: LeftJob[], event: string, handler: string): boolean =>
  jobs.some((job) => job.event === event && job.handlers?.split(', ').includes(handler));

async function jobsIn(queue: Queue, state: LeftJob['state'], goalId: string): Promise<LeftJob[]> {
  // Jobs that are no JSON are told of by the queue board.
  const jobs = await queue.getJobs([state], 0, mostJobs - 1).catch((): Job[] => []);
  return jobs
    .filter((job) => job && idsOf(job.data).goal_id === goalId)
    .map((job) => {
      const { event, handlers } = job.data as { event?: { type?: string }; handlers?: string[] };
      const due = job.timestamp + (job.opts.delay ?? 0);
      return {
        id: `${queue.name}/${job.id}`,
        queue: queue.name,
        state,
        event: event?.type,
        handlers: handlers?.join(', '),
        tries: job.attemptsMade,
        error: job.failedReason,
        at: new Date(job.timestamp).toISOString(),
        next_at: state === 'delayed' && job.attemptsMade === 0 ? new Date(due).toISOString() : undefined,
      };
    });
}

function withGaps(happenings: Happening[]): (Happening & { after_seconds: number | null })[] {
  const sorted = happenings.toSorted((one, other) => (one.at < other.at ? -1 : 1));
  return sorted.map((one, index) => {
    const before = sorted[index - 1];
    return { ...one, after_seconds: before ? (Date.parse(one.at) - Date.parse(before.at)) / 1000 : null };
  });
}

/** What is late or has failed, a sentence each, the cause before its effects. */
function findingsOf({ status, reason }: Goal & { reason?: string | null }, jobs: LeftJob[]): string[] {
  const findings = status === 'failed' ? [`It has failed: ${reason ?? 'the dead letter says why'}.`] : [];
  for (const { id, state, handlers: names, event, tries, error, at } of jobs) {
    const age = Math.round((Date.now() - Date.parse(at)) / 1000);
    const what = names ? `${names} for ${event}` : id;
    if (state === 'failed')
      findings.push(`${what} has used all its attempts: ${error}. Replay it once the cause is gone.`);
    else if (tries > 0 || (state === 'delayed' && names))
      findings.push(
        `${what} has failed${error ? ` (${error})` : ''} and is tried again; it is ${age} s late.`,
      );
    else if (state === 'waiting' && age > lateAfterSeconds)
      findings.push(`${what} has waited for ${age} s: workers are too few, or away.`);
  }
  return findings;
}
