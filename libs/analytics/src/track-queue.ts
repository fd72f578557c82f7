import { Batcher, type BatchOutcome, carried, idFrom, isId } from '#platform';
import { InjectQueue } from '@nestjs/bull';
import { Injectable } from '@nestjs/common';
import type { Queue } from 'bull';

/** Name of the job and of its queue. */
export const analyticsTrack = 'analytics.track';

const largestBatch = 50;

/** Something that happened, as analysts get it. */
export interface Fact {
  event_id: string;
  event: string;
  goal_id: string;
  user_id: string | null;
  properties: object;
  occurred_at: string;
}

/** Whether it says what happened, to which goal and when. */
export function isFact({ event_id, event, goal_id, occurred_at }: Fact): boolean {
  const texts = [event, goal_id, occurred_at];
  return (
    isId(event_id) &&
    texts.every((text) => typeof text === 'string') &&
    !Number.isNaN(Date.parse(occurred_at))
  );
}

/** What the job `analytics.track` carries: facts that were due together. */
export interface TrackJob {
  facts: Fact[];
}

/** Hands facts to analytics, which takes them in its own time. */
@Injectable()
export class TrackQueue {
  private readonly adds = new Batcher<Fact>((facts) => this.addAll(facts), { size: largestBatch });

  constructor(@InjectQueue(analyticsTrack) private readonly queue: Queue<TrackJob>) {}

  /** Resolves once the fact is queued; a second one with the same event id changes nothing. */
  add(fact: Fact): Promise<void> {
    return this.adds.add(fact);
  }

  /** Queues a fact in a job of its own, whether or not it is one. */
  async addAlone(fact: Fact): Promise<void> {
    const jobId = isFact(fact) ? fact.event_id : idFrom(JSON.stringify(fact));
    await this.queue.add(analyticsTrack, { facts: [fact] }, { jobId, ...carried() });
  }

  private async addAll(facts: Fact[]): Promise<BatchOutcome<void>[]> {
    const ids = facts.map(({ event_id }) => event_id);
    const jobId = ids.length === 1 ? ids[0] : idFrom(...ids);
    await this.queue.add(analyticsTrack, { facts }, { jobId, ...carried() });
    return facts.map(() => ({ value: undefined }));
  }
}
