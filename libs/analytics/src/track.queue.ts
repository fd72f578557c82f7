import { Batcher, type BatchOutcome, jobContext, idFrom, isId } from '#platform';
import { InjectQueue } from '@nestjs/bull';
import { Injectable } from '@nestjs/common';
import type { Queue } from 'bull';

/** Name of the job and of its queue. */
export const analyticsTrack = 'analytics.track';

const maxBatchSize = 50;

/** An event for the analysts. */
export interface AnalyticsEvent {
  event_id: string;
  event: string;
  goal_id: string;
  user_id: string | null;
  properties: object;
  occurred_at: string;
}

/** Whether the required fields of an event in a job are valid. */
export function isAnalyticsEvent({ event_id, event, goal_id, occurred_at }: AnalyticsEvent): boolean {
  const texts = [event, goal_id, occurred_at];
  return (
    isId(event_id) &&
    texts.every((text) => typeof text === 'string') &&
    !Number.isNaN(Date.parse(occurred_at))
  );
}

/** Payload of the job `analytics.track`: events that were added at the same time. */
export interface TrackJob {
  events: AnalyticsEvent[];
}

/** Queues events for analytics. */
@Injectable()
export class TrackQueue {
  private readonly adds = new Batcher<AnalyticsEvent>((events) => this.addAll(events), {
    size: maxBatchSize,
  });

  constructor(@InjectQueue(analyticsTrack) private readonly queue: Queue<TrackJob>) {}

  /** Resolves once the event is queued; adding an event with the same id again changes nothing. */
  add(event: AnalyticsEvent): Promise<void> {
    return this.adds.add(event);
  }

  /** Queues an event in a job of its own, even if it is invalid. */
  async addAlone(event: AnalyticsEvent): Promise<void> {
    const jobId = isAnalyticsEvent(event) ? event.event_id : idFrom(JSON.stringify(event));
    await this.queue.add(analyticsTrack, { events: [event] }, { jobId, ...jobContext() });
  }

  private async addAll(events: AnalyticsEvent[]): Promise<BatchOutcome<void>[]> {
    const ids = events.map(({ event_id }) => event_id);
    const jobId = ids.length === 1 ? ids[0] : idFrom(...ids);
    await this.queue.add(analyticsTrack, { events }, { jobId, ...jobContext() });
    return events.map(() => ({ value: undefined }));
  }
}
