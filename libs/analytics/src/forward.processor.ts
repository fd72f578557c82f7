import { answerError, AppConfig, Batcher, JobWorkers, sendDivided } from '#platform';
import { InjectQueue } from '@nestjs/bull';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Queue } from 'bull';
import { analyticsForward } from './forward.queue.js';
import { type Fact, isFact } from './track-queue.js';

const largestBatch = 200;
const timeoutMs = 5_000;

/**
 * Posts facts to the analytics service, those in flight together as one body of JSON lines. A body that is refused is
 * divided until the facts at fault are alone, so that they are dead and the others are not.
 */
@Injectable()
export class ForwardProcessor implements OnModuleInit {
  private readonly batcher = new Batcher<Fact>((facts) => sendDivided(facts, (some) => this.post(some)), {
    size: largestBatch,
  });

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

  private async post(facts: Fact[]): Promise<void> {
    const response = await fetch(this.config.analytics.url!, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body: facts.map((fact) => `${JSON.stringify(fact)}\n`).join(''),
      signal: AbortSignal.timeout(timeoutMs),
    });
    await response.arrayBuffer();
    if (response.ok) return;
    throw answerError(response.status, `the analytics service answered ${response.status}`);
  }
}
