import { setTimeout as wait } from 'node:timers/promises';
import { newId, toObjectId } from '#platform';
import { fundingBody, showBody } from '../../client.js';
import type { Stage } from '../stage/stage.js';
import type { Answered, Call, CarefulClient } from './careful-client.js';
import { Stream } from './stream.js';

const everyMs = 900;
const againAfterMs = 200;
const service = { id: newId(), role: 'service' };

/**
 * Whole evenings of streamers: a session, a funding goal, its tickets, voids, questions about access, and an end. A generator
 * of random numbers decides what happens in each.
 */
export class Stories {
  /** Answers that no request here may get. */
  readonly refused: string[] = [];
  private readonly endedSessions: string[] = [];
  private readonly settling: string[] = [];
  private next = 0;
  private readonly stream = new Stream(everyMs, () => this.play());

  constructor(
    private readonly client: CarefulClient,
    private readonly random: () => number,
  ) {}

  start(): void {
    this.stream.start();
  }

  /** Returns how many are not at their end. */
  stop(): Promise<number> {
    return this.stream.stop(60_000);
  }

  /** Whether all that was ended is closed and settled. */
  async isSettled({ db }: Stage): Promise<boolean> {
    const [sessions, goals] = await Promise.all([
      db
        .collection('session')
        .countDocuments({ _id: { $in: this.endedSessions.map(toObjectId) }, closed_at: { $ne: null } }),
      db
        .collection('goal')
        .countDocuments({ _id: { $in: this.settling.map(toObjectId) }, settlement: { $ne: null } }),
    ]);
    return sessions === this.endedSessions.length && goals === this.settling.length;
  }

  private async play(): Promise<void> {
    // All choices are made here, so that no answer changes what the next evening is like.
    const plan = planOf(this.random, this.next++);
    const streamer = { id: newId(), role: 'streamer' };
    const as = (user: typeof streamer) => (method: string, path: string, body?: object, key?: string) =>
      this.send({ method, path, user, body: body as Call['body'], key });
    const [asStreamer, asService] = [as(streamer), as(service)];
    const key = `evening-${streamer.id}`;

    const session = await asStreamer('POST', '/sessions', {}, `${key}-session`);
    const sessionId = String(session.body.session_id);
    const funding = await asStreamer(
      'POST',
      '/goals?goal_type=show_funding',
      { ...fundingBody(sessionId), levels: [{ target: 5 }, { target: 50 }] },
      `${key}-funding`,
    );
    const fundingId = String(funding.body.goal_id);
    await this.untilActive(fundingId, streamer);
    const buyers = [newId(), newId(), newId()];
    const pay = async ({ source, buyer, amount, times }: Omit<Purchase, 'asked'>) => {
      const body = { source_id: source, user_id: buyers[buyer], amount };
      const send = () => asService('POST', `/goals/${fundingId}/contributions`, body);
      await Promise.all(Array.from({ length: times }, send));
    };
    const ask = (buyer: number) => asService('GET', `/goals/${fundingId}/access/${buyers[buyer]}`);
    for (const purchase of plan.purchases) {
      await pay(purchase);
      await ask(purchase.asked);
    }
    for (const source of plan.voided) {
      await asService('POST', `/goals/${fundingId}/contributions/${source}/void`, {});
      await ask(0);
      await ask(1);
    }
    await asStreamer('GET', `/goals/${fundingId}`);
    if (plan.end === 'show' || plan.end === 'show in an ended session') {
      const show = await asStreamer(
        'POST',
        '/goals?goal_type=show',
        showBody(sessionId, fundingId),
        `${key}-show`,
      );
      await pay({ source: 'late', buyer: 2, amount: 1, times: 2 });
      if (plan.end === 'show')
        await asService('POST', `/goals/${String(show.body.goal_id)}/finish`, { delivered: true });
    }
    if (plan.end === 'cancelled') await asStreamer('DELETE', `/goals/${fundingId}`);
    if (plan.end !== 'open' && plan.end !== 'show in an ended session') this.settling.push(fundingId);
    if (plan.end.endsWith('ended session')) {
      await asStreamer('POST', `/sessions/${sessionId}/end`);
      this.endedSessions.push(sessionId);
      if (plan.end === 'show in an ended session') this.settling.push(fundingId);
    }
    if (plan.end !== 'open') {
      // Money that comes too late; then what became of all of it.
      await pay({ source: 'too-late', buyer: 0, amount: 1, times: 1 });
      await ask(1);
      await asService('GET', `/goals/${fundingId}/settlement`);
    }
  }

  /** Tickets are sold once a worker has opened the goal. */
  private async untilActive(goalId: string, user: Call['user']): Promise<void> {
    for (;;) {
      const { body } = await this.send({ method: 'GET', path: `/goals/${goalId}`, user });
      if (body.status === 'active') return;
      await wait(againAfterMs);
    }
  }

  private async send(call: Omit<Call, 'what'>): Promise<Answered> {
    const answered = await this.client.send({ what: 'other', ...call });
    const isExpected =
      answered.status < 300 || (answered.status === 409 && call.body?.source_id === 'too-late');
    if (!isExpected)
      this.refused.push(`${call.method} ${call.path}: ${answered.status} ${JSON.stringify(answered.body)}`);
    return answered;
  }
}

/** A ticket, sent so many times at once; then a buyer's access is asked for. */
interface Purchase {
  source: string;
  buyer: number;
  amount: number;
  times: number;
  asked: number;
}

const endings = ['show', 'show in an ended session', 'cancelled', 'ended session', 'open'] as const;

/** What happens in one evening. */
interface Plan {
  purchases: Purchase[];
  voided: string[];
  end: (typeof endings)[number];
}

/** The endings come in turn, so that even a short run has each of them. */
function planOf(random: () => number, index: number): Plan {
  const below = (limit: number) => Math.floor(random() * limit);
  const purchases = Array.from({ length: 3 + below(4) }, (_, number) => ({
    source: `ticket-${number}`,
    buyer: below(3),
    amount: 1 + below(5),
    times: 1 + below(2),
    asked: below(3),
  }));
  const voided = purchases.filter(() => random() < 0.3).map(({ source }) => source);
  return { purchases, voided, end: endings[index % endings.length]! };
}
