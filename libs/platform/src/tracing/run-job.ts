import { Logger } from '@nestjs/common';
import type { Job } from 'bull';
import { isId } from '../mongo/object-id.js';
import { runPart } from './run-part.js';
import type { Fields } from './spans.js';
import { type CarriedStory, Story } from './story.js';

const logger = new Logger('Jobs');

/** A job that waited longer, such as a timer, is a trace of its own, linked to the one in which it was added. */
const longestWithinTraceMs = 60_000;

/** Runs a job as a part of the story that it was added in. */
export function runJob<Data>(job: Job<Data>, run: (job: Job<Data>) => Promise<unknown>): Promise<unknown> {
  const { request_id: requestId, ...headers } = (job.opts as { story?: CarriedStory }).story ?? {};
  const story = Story.begin({
    requestId,
    fields: () => ({
      queue: job.queue.name,
      job_id: String(job.id),
      try: job.attemptsMade + 1,
      ...idsIn(job.data as object | undefined),
    }),
    span: {
      name: job.queue.name,
      role: 'consumer',
      origin: (job.opts.delay ?? 0) > longestWithinTraceMs ? { link: headers } : { parent: headers },
    },
  });
  return runPart(story, logger, 'job', () => run(job));
}

/** The ids in the data of the job. */
function idsIn(data: object | undefined): Fields {
  const named = Object.entries(data ?? {}).filter(([name, value]) => name.endsWith('_id') && isId(value));
  return Object.fromEntries(named);
}
