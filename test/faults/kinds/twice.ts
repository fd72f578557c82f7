import { setTimeout as wait } from 'node:timers/promises';
import Bull, { type Job, type Queue } from 'bull';
import { queueNames } from '../audit/queues-at-rest.js';
import { prefix } from '../stage/stage.js';
import type { Fault } from './fault.js';

/** Stops the queue, lets jobs gather, and adds each of them once more under another id, to run beside it. */
async function doubleJobsOf(queue: Queue, gatherMs: number): Promise<Job[]> {
  await queue.pause();
  await wait(gatherMs);
  const jobs = await queue.getJobs(['waiting', 'paused'] as never);
  for (const { id, name, data, opts } of jobs)
    await queue.add(name, data, { ...opts, delay: 0, jobId: `${id}.twin` });
  await queue.resume();
  return jobs;
}

/** Adds each job once more under its own id, now that it is done. */
async function addAgain(queue: Queue, jobs: Job[]): Promise<void> {
  for (const { name, data, opts } of jobs) await queue.add(name, data, { ...opts, delay: 0 });
}

/** Every job of the path comes twice at the same time, and a third time when it is done. */
export const twice: Fault = {
  name: 'every job delivered twice and thrice',
  times: 4,
  async inject({ stage, ms }) {
    const queues = queueNames.map((name) => new Bull(name, stage.valkey.url, { prefix: `{${prefix}}` }));
    try {
      const doubled: [Queue, Job[]][] = [];
      for (const queue of queues) doubled.push([queue, await doubleJobsOf(queue, ms(700, 400))]);
      await wait(1_500);
      for (const [queue, jobs] of doubled) await addAgain(queue, jobs);
      if (doubled.every(([, jobs]) => jobs.length === 0)) throw new Error('no job was there to be doubled');
    } finally {
      await Promise.all(queues.map((queue) => queue.close()));
    }
  },
};
