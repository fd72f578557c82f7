import type { Job, JobCounts, Queue } from 'bull';
import packageJson from '#package' with { type: 'json' };
import { Registry } from 'prom-client';
import type { DueLists } from '#platform';
import { AllQueues } from './all-queues.js';
import { MetricsService } from './metrics.service.js';

const counts: JobCounts = { waiting: 2, active: 1, delayed: 0, failed: 3, completed: 0 };

/** As much of a queue as the gauges look at. */
const queueOf = (name: string, oldest?: Partial<Job>, look = () => Promise.resolve(counts)) =>
  ({
    name,
    getJobCounts: look,
    getWaiting: () => Promise.resolve(oldest ? [oldest] : []),
  }) as unknown as Queue;

describe('the gauges of the queues', () => {
  const registry = new Registry();
  let queues: Queue[] = [];
  let lists: object[] = [];
  const metrics = new MetricsService(
    new AllQueues(() => queues),
    {
      get all() {
        return lists;
      },
    } as unknown as DueLists,
    registry,
  );
  const shown = async () =>
    (await metrics.text()).split('\n').filter((line) => /^goalpost_(queue|dead)/.test(line));

  it('tell which release runs', async () => {
    expect(await metrics.text()).toContain(
      `goalpost_build_info{version="${packageJson.version}",node="${process.version}"} 1`,
    );
  });

  it('tell how many jobs there are in each state, the dead among them', async () => {
    queues = [queueOf('rings')];
    expect(await shown()).toEqual([
      'goalpost_queue_jobs{queue="rings",state="waiting"} 2',
      'goalpost_queue_jobs{queue="rings",state="active"} 1',
      'goalpost_queue_jobs{queue="rings",state="delayed"} 0',
      'goalpost_queue_jobs{queue="rings",state="failed"} 3',
      'goalpost_queue_oldest_waiting_seconds{queue="rings"} 0',
      'goalpost_dead_letters{queue="rings"} 3',
    ]);
  });

  it('tell the same of a due list', async () => {
    queues = [];
    lists = [{ name: 'bells', measure: () => Promise.resolve({ waiting: 4, oldestMs: 1500 }) }];
    expect(await shown()).toEqual([
      'goalpost_queue_jobs{queue="bells",state="waiting"} 4',
      'goalpost_queue_oldest_waiting_seconds{queue="bells"} 1.5',
    ]);
    lists = [];
  });

  it('count from when a job could run: a timer from its moment on', async () => {
    const anHourAgo = Date.now() - 3_600_000;
    queues = [queueOf('timers', { timestamp: anHourAgo, opts: { delay: 3_000_000 } })];
    const [line = ''] = (await shown()).filter((one) => one.includes('oldest'));
    const waited = Number(line.split(' ')[1]);
    expect(waited).toBeGreaterThanOrEqual(600);
    expect(waited).toBeLessThan(3_000);
  });

  it('leave out a queue that cannot be read, and show everything else', async () => {
    queues = [
      queueOf('rings'),
      queueOf('lost', undefined, () => Promise.reject(new Error('Command timed out'))),
    ];
    const lines = await shown();
    expect(lines).toContain('goalpost_dead_letters{queue="rings"} 3');
    expect(lines.filter((line) => line.includes('lost'))).toEqual([]);
    expect(await metrics.text()).toContain('process_resident_memory_bytes');
  });
});
