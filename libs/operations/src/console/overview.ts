import { createRequire } from 'node:module';
import { pairLists, slotFields } from '#contracts';
import { FundingStore } from '#goals';
import { Clock, type DeadLetter, deadLettersOf, DueLists, Readiness } from '#platform';
import { type SessionRecord, SessionStore } from '#sessions';
import type { Queue } from 'bull';
import type { AllQueues } from '../all-queues.js';
import { RealtimeConfig } from '#realtime';

const { version } = createRequire(import.meta.url)('#package') as { version: string };

const newestSessions = 20;
const deadOfEachQueue = 50;
const mostOverdue = 50;
/** A settlement that is later than this counts as overdue. */
const overdueAfterMs = 60_000;

/** What the console shows at once: the parts, the queues, what is dead or overdue, the newest sessions. */
export class Overview {
  constructor(
    private readonly readiness: Readiness,
    private readonly all: AllQueues,
    private readonly lists: DueLists,
    private readonly funding: FundingStore,
    private readonly sessions: SessionStore,
    private readonly realtime: RealtimeConfig,
    private readonly clock: Clock,
  ) {}

  /** Reads all of it; what cannot be read is empty, and the fault of its part says why. */
  async read() {
    const faults = await this.readiness.faults();
    const orEmpty = <Item>(items: Promise<Item[]>) => items.catch((): Item[] => []);
    const [queues, dead, overdue, sessions] = await Promise.all([
      orEmpty(this.queues()),
      orEmpty(this.dead()),
      orEmpty(this.overdue()),
      orEmpty(this.sessions.newest(newestSessions)),
    ]);
    return { version, parts: this.parts(faults), queues, dead, overdue, sessions: sessions.map(viewOf) };
  }

  private parts(faults: string[]): { name: string; fault?: string }[] {
    const stores = ['MongoDB', 'Redis'].map((name) => ({
      name,
      fault: faults.find((fault) => fault.startsWith(name)),
    }));
    const others = faults.filter((fault) => !stores.some((store) => store.fault === fault));
    const pusher = this.realtime.pusher ? [] : [{ name: 'Pusher', fault: 'No Pusher server is configured.' }];
    return [...stores, ...others.map((fault) => ({ name: 'api', fault })), ...pusher];
  }

  private async queues() {
    const read = await Promise.all([
      ...this.all.queues.map(countsOf),
      ...this.lists.all.map(async (list) => {
        const { waiting, oldestMs } = await list.measure();
        return {
          name: list.name,
          waiting,
          active: 0,
          delayed: 0,
          failed: 0,
          oldest_seconds: oldestMs / 1000,
        };
      }),
    ]);
    return read.toSorted(
      (one, other) => other.oldest_seconds - one.oldest_seconds || (one.name < other.name ? -1 : 1),
    );
  }

  private async dead(): Promise<DeadLetter[]> {
    const letters = await Promise.all(this.all.queues.map((queue) => deadLettersOf(queue, deadOfEachQueue)));
    return letters.flat().toSorted((one, other) => (one.died_at < other.died_at ? 1 : -1));
  }

  private async overdue() {
    const now = this.clock.now();
    const found: { goal_id: string; settle_by: string; outcome: string }[] = [];
    for await (const goals of this.funding.due(now))
      for (const { _id, settle_by, outcome } of goals) {
        if (found.length >= mostOverdue) return found;
        if (settle_by && settle_by.getTime() + overdueAfterMs < now.getTime())
          found.push({
            goal_id: String(_id),
            settle_by: settle_by.toISOString(),
            outcome: outcome ?? 'open',
          });
      }
    return found;
  }
}

async function countsOf(queue: Queue) {
  const [{ waiting, active, delayed, failed }, [oldest]] = await Promise.all([
    queue.getJobCounts(),
    queue.getWaiting(0, 0).catch(() => []),
  ]);
  const since = oldest ? oldest.timestamp + (oldest.opts.delay ?? 0) : Date.now();
  const oldest_seconds = Math.max(0, Date.now() - since) / 1000;
  return { name: queue.name, waiting, active, delayed, failed, oldest_seconds };
}

function viewOf(session: SessionRecord) {
  const bound = [...Object.keys(pairLists), ...slotFields].map(
    (field) => session[field as keyof SessionRecord],
  );
  const goal_ids = [...new Set(JSON.stringify(bound).match(/[0-9a-f]{24}/g))];
  return {
    session_id: String(session._id),
    streamer_id: String(session.user),
    active: session.active,
    created_at: session.created_at,
    goal_ids,
  };
}
