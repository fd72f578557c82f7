import { getQueueToken, Process, Processor } from '@nestjs/bull';
import { Module, type Type } from '@nestjs/common';
import { DiscoveryModule, NestFactory } from '@nestjs/core';
import { Registry } from 'prom-client';
import { AppConfig } from '../config/config.js';
import { JobKind } from './job-kind.js';
import { JobWorkers, ProcessJob } from './job-workers.js';

const bells = new JobKind({ name: 'bells', version: 1, isReadable: () => true });

@Processor('bells')
class Bells {
  @ProcessJob(bells)
  async process(): Promise<void> {}
}

@Processor('bells')
class MoreBells extends Bells {}

@Processor('bells')
class DisabledBells extends Bells {
  isDisabled(): boolean {
    return true;
  }
}

@Processor('bells')
class StockBells {
  @Process()
  async process(): Promise<void> {}
}

@Processor('bells')
class Silent {
  async process(): Promise<void> {}
}

@Processor('bells')
class TwoBells extends Bells {
  @ProcessJob(bells)
  async ring(): Promise<void> {}
}

/** A process with these processors and one queue. */
async function boot(...providers: Type[]): Promise<JobWorkers> {
  const queue = { name: 'bells', process: () => undefined, close: async () => undefined };
  class TestModule {}
  Module({
    imports: [DiscoveryModule],
    providers: [
      JobWorkers,
      Registry,
      { provide: AppConfig, useValue: {} },
      { provide: getQueueToken('bells'), useValue: queue },
      ...providers,
    ],
  })(TestModule);
  const app = await NestFactory.createApplicationContext(TestModule, { logger: false, abortOnError: false });
  return app.get(JobWorkers);
}

describe('the workers of a process', () => {
  it('know the queue of each processor', async () => {
    expect((await boot(Bells)).queues.map(({ name }) => name)).toEqual(['bells']);
  });

  it('leave the queue of a disabled processor alone', async () => {
    expect((await boot(DisabledBells)).queues).toEqual([]);
  });

  it.each<[string, Type[], string]>([
    [
      'has @Process of @nestjs/bull',
      [StockBells],
      'StockBells.process has @Process, which takes jobs before',
    ],
    ['has no method', [Silent], 'Silent has @Processor but no method with @ProcessJob'],
    ['has two methods', [TwoBells], 'TwoBells has more than one method with @ProcessJob'],
    ['is the second of its queue', [Bells, MoreBells], 'MoreBells is another @Processor of the queue bells'],
  ])('refuse the boot if a processor %s', async (_, processors, sentence) => {
    await expect(boot(...processors)).rejects.toThrow(sentence);
  });

  it('wait at a stop for a late delivery, whether it succeeds or fails, and not for one that is done', async () => {
    const workers = await boot();
    let end = () => undefined as void;
    workers.waitFor(Promise.resolve());
    workers.waitFor(new Promise<void>((resolve) => (end = resolve)));
    let stopped = false;
    const stop = workers.beforeApplicationShutdown().then(() => (stopped = true));
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(stopped).toBe(false);
    end();
    await stop;
  });
});
