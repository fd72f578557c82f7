import { jobContext } from '#platform';
import { InjectQueue } from '@nestjs/bull';
import { Injectable } from '@nestjs/common';
import type { JobOptions, Queue } from 'bull';

/** Name of the job and of its queue. */
export const accessQueue = 'access';

/** A rule of access with changes to publish. */
export interface AccessJob {
  rule_id: string;
}

/** Queues the publishing of changes of access; one job too many does no harm. */
@Injectable()
export class AccessQueue {
  constructor(@InjectQueue(accessQueue) private readonly queue: Queue<AccessJob>) {}

  /** Has the changes of a rule published that were just made. */
  async add(ruleId: string): Promise<void> {
    await this.queue.add(accessQueue, { rule_id: ruleId }, jobContext() as JobOptions);
  }

  /** Has those published that were left; one job at a time for a rule. */
  async addLeft(ruleId: string): Promise<void> {
    await this.queue.add(
      accessQueue,
      { rule_id: ruleId },
      { jobId: ruleId, ...(jobContext() as JobOptions) },
    );
  }
}
