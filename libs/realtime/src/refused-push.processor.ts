import { JobWorkers } from '#platform';
import { InjectQueue } from '@nestjs/bull';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Queue } from 'bull';
import { Realtime } from './realtime.js';
import { refusedPush, type RefusedPushJob } from './refused-push.queue.js';

/** Processes the jobs `refused_push`: sends each event alone. */
@Injectable()
export class RefusedPushProcessor implements OnModuleInit {
  constructor(
    private readonly workers: JobWorkers,
    @InjectQueue(refusedPush) private readonly queue: Queue<RefusedPushJob>,
    private readonly realtime: Realtime,
  ) {}

  onModuleInit(): void {
    this.workers.register({
      queue: this.queue,
      name: refusedPush,
      isReadable: ({ channel, name, payload }) =>
        typeof channel === 'string' && typeof name === 'string' && typeof payload === 'object',
      run: ({ data: { channel, name, payload } }) => this.realtime.send(channel, name, payload),
    });
  }
}
