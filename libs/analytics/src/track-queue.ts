import { Batcher, type BatchOutcome, carried, idFrom } from '#platform';
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

  private async addAll(facts: Fact[]): Promise<BatchOutcome<void>[]> {
    const ids = facts.map(({ event_id }) => event_id);
    const jobId = ids.length === 1 ? ids[0] : idFrom(...ids);
    await this.queue.add(analyticsTrack, { facts }, { jobId, ...carried() });
    return facts.map(() => ({ value: undefined }));
  }
}
