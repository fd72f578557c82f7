import { isId, JobKind } from '#platform';
import { InjectQueue } from '@nestjs/bull';
import { Injectable } from '@nestjs/common';
import type { Queue } from 'bull';

/** Name of the job and of its queue. */
export const accessQueue = 'access';

/** A rule of access with changes to publish. */
export interface AccessJob {
  rule_id: string;
}

/** The jobs `access`. */
export const accessJobs = new JobKind<AccessJob>({
  name: accessQueue,
  version: 1,
  isReadable: ({ rule_id }) => isId(rule_id),
});

/** Queues the publishing of changes of access; one job too many does no harm. */
@Injectable()
export class AccessQueue {
  constructor(@InjectQueue(accessQueue) private readonly queue: Queue<AccessJob>) {}

  /** Has the changes of a rule published that were just made. */
  async add(ruleId: string): Promise<void> {
    await accessJobs.add(this.queue, { rule_id: ruleId });
  }

  /** Has those published that were left; one job at a time for a rule. */
  async addLeft(ruleId: string): Promise<void> {
    await accessJobs.add(this.queue, { rule_id: ruleId }, { jobId: ruleId });
  }
}
