import { AppConfig, Batcher, type BatchOutcome, JobWorkers } from '#platform';
import { InjectQueue } from '@nestjs/bull';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Queue } from 'bull';
import { analyticsForward } from './forward.queue.js';
import { type Fact, isFact } from './track-queue.js';

const largestBatch = 200;
const timeoutMs = 5_000;

/** Posts facts to the analytics service, those in flight together as one body of JSON lines. */
@Injectable()
export class ForwardProcessor implements OnModuleInit {
  private readonly batcher = new Batcher<Fact>((jobs) => this.post(jobs), { size: largestBatch });

  constructor(
    private readonly workers: JobWorkers,
    @InjectQueue(analyticsForward) private readonly queue: Queue<Fact>,
    private readonly config: AppConfig,
  ) {}

  onModuleInit(): void {
    if (this.config.analytics.url)
      this.workers.register({
        queue: this.queue,
        name: analyticsForward,
        isReadable: isFact,
        run: ({ data }) => this.batcher.add(data),
      });
  }

  private async post(jobs: Fact[]): Promise<BatchOutcome<void>[]> {
    const response = await fetch(this.config.analytics.url!, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body: jobs.map((job) => `${JSON.stringify(job)}\n`).join(''),
      signal: AbortSignal.timeout(timeoutMs),
    });
    await response.arrayBuffer();
    if (!response.ok) throw new Error(`the analytics service answered ${response.status}`);
    return jobs.map(() => ({ value: undefined }));
  }
}
