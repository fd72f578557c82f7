import { ProcessJob } from '#platform';
import { Processor } from '@nestjs/bull';
import type { Job } from 'bull';
import { Realtime } from './realtime.js';
import { refusedPush, type RefusedPushJob, refusedPushJobs } from './refused-push.queue.js';

/** Processes the jobs `refused_push`: sends each event alone. */
@Processor(refusedPush)
export class RefusedPushProcessor {
  constructor(private readonly realtime: Realtime) {}

  @ProcessJob(refusedPushJobs)
  async process({ data: { channel, name, payload } }: Job<RefusedPushJob>): Promise<void> {
    await this.realtime.send(channel, name, payload);
  }
}
