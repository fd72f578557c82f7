import { carried } from '#platform';
import { InjectQueue } from '@nestjs/bull';
import { Injectable } from '@nestjs/common';
import type { Queue } from 'bull';
import type { Fact } from './track-queue.js';

/** Name of the job and of its queue. */
export const analyticsForward = 'analytics.forward';

/** Hands facts on to the analytics service, in a queue of their own, so that its outage holds up nothing else. */
@Injectable()
export class ForwardQueue {
  constructor(@InjectQueue(analyticsForward) private readonly queue: Queue<Fact>) {}

  /** Queues a fact; a second one with the same event id changes nothing. */
  async add(fact: Fact): Promise<void> {
    await this.queue.add(analyticsForward, fact, { jobId: fact.event_id, ...carried() });
  }
}
