import { isId, JobWorkers } from '#platform';
import { SessionStore } from '#sessions';
import { InjectQueue } from '@nestjs/bull';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Queue } from 'bull';
import { LifecycleStore } from '../goal/lifecycle.store.js';
import { Lifecycle } from '../lifecycle/lifecycle.js';
import { endSession, type EndSessionJob } from './end-session.queue.js';

/** Works off the jobs `end_session`: ends the session, then every goal of it that is still open. */
@Injectable()
export class EndSessionProcessor implements OnModuleInit {
  constructor(
    private readonly workers: JobWorkers,
    @InjectQueue(endSession) private readonly queue: Queue<EndSessionJob>,
    private readonly sessions: SessionStore,
    private readonly goals: LifecycleStore,
    private readonly lifecycle: Lifecycle,
  ) {}

  onModuleInit(): void {
    this.workers.register({
      queue: this.queue,
      name: endSession,
      isReadable: ({ session_id }) => isId(session_id),
      run: ({ data }) => this.run(data.session_id),
    });
  }

  private async run(sessionId: string): Promise<void> {
    await this.sessions.end(sessionId);
    for (const goalId of await this.goals.endingOf(sessionId))
      await this.lifecycle.cancel(goalId, 'session_ended');
  }
}
