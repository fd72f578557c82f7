import { isId, JobKind } from '#platform';
import { InjectQueue } from '@nestjs/bull';
import { Injectable } from '@nestjs/common';
import type { Queue } from 'bull';

/** Name of the job and of its queue. */
export const endSession = 'end_session';

/** A session whose open goals are to end. */
export interface EndSessionJob {
  session_id: string;
}

/** The jobs `end_session`. */
export const endSessionJobs = new JobKind<EndSessionJob>({
  name: endSession,
  version: 1,
  isReadable: ({ session_id }) => isId(session_id),
});

/** Queues the end of a session's goals: one job at a time for a session, however often it is asked for. */
@Injectable()
export class EndSessionQueue {
  constructor(@InjectQueue(endSession) private readonly queue: Queue<EndSessionJob>) {}

  async add(sessionId: string): Promise<void> {
    await endSessionJobs.addOrReplaceFailed(this.queue, { session_id: sessionId }, { jobId: sessionId });
  }

  /** Whether a job for a session waits or runs. */
  async has(sessionId: string): Promise<boolean> {
    const job = await this.queue.getJob(sessionId);
    return job !== null && !(await job.isFailed());
  }
}
