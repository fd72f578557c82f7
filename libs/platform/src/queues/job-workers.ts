import { getQueueToken } from '@nestjs/bull';
import {
  type BeforeApplicationShutdown,
  Injectable,
  Logger,
  type OnModuleInit,
  SetMetadata,
  type Type,
} from '@nestjs/common';
import { DiscoveryService, MetadataScanner, ModuleRef } from '@nestjs/core';
import type { Job, Queue } from 'bull';
import { Counter, Registry } from 'prom-client';
import { AppConfig } from '../config/config.js';
import { withTimeout } from '../problem/outage.js';
import { runJob } from '../tracing/request-context.js';
import type { JobKind, Versioned } from './job-kind.js';
import { PermanentError, postpone, takeUnreadable, UnknownJobError, useBackoff } from './job-state.js';

// The metadata of @Processor and @Process. @nestjs/bull has these constants in a file that its `exports` hide; the boot
// refusals in job-workers.spec.ts fail if they change.
const PROCESSOR_METADATA = 'bull:module_queue';
const PROCESS_METADATA = 'bull:module_queue_process';
const PROCESS_JOB = 'goalpost:process_job';

/** A job that runs for longer waits for something that never comes; it fails and is retried. */
const longestJobMs = 120_000;

/** What Bull calls a job that says no name. */
const nameless = '__default__';

/** How the jobs of a queue are processed. */
export interface ProcessJobOptions {
  /** How many jobs run at a time. Default: WORKER_CONCURRENCY. */
  concurrency?: number;
}

/** What the decorator keeps with the method. */
interface ProcessJobMetadata extends ProcessJobOptions {
  kind: JobKind<object>;
}

/**
 * Marks the method of a `@Processor` class that processes the jobs of its queue, all of one kind, in place of `@Process` of
 * @nestjs/bull: the queue is held until the whole process is up, and each job runs in the request context that it was added
 * in. A job of another name or of a newer version is put back for a process of another release; the method puts one back by
 * an UnknownJobError. Whatever else it throws fails the job.
 */
export const ProcessJob =
  <Data extends object>(kind: JobKind<Data>, options: ProcessJobOptions = {}) =>
  (target: object, key: string, descriptor: { value?: (job: Job<Data>) => Promise<unknown> }): void => {
    SetMetadata(PROCESS_JOB, { kind, ...options })(target, key, descriptor);
  };

/** A class with `@Processor`. */
export interface JobProcessor {
  /** Whether it has nothing to do in this configuration: then its queue is left alone. */
  isDisabled?(): boolean;
}

interface JobWorker extends ProcessJobMetadata {
  queue: Queue;
  process: (job: Job) => Promise<unknown>;
}

/** The providers of a process that are classes, or instances of one, each with its class. */
export function providersIn(discovery: DiscoveryService): { type: Type; instance: unknown }[] {
  return discovery.getProviders().flatMap((wrapper) => {
    const { instance } = wrapper as { instance?: object };
    const type = (instance?.constructor ?? wrapper.metatype) as Type | null;
    return typeof type === 'function' ? [{ type, instance }] : [];
  });
}

/** Processes the jobs of the queues that have a `@Processor`, from when the process is up until it stops. */
@Injectable()
export class JobWorkers implements OnModuleInit, BeforeApplicationShutdown {
  private readonly logger = new Logger(JobWorkers.name);
  private readonly workers: JobWorker[] = [];
  private readonly rest = new Set<Promise<void>>();
  private readonly unknown: Counter<'queue'>;
  private isStopping = false;

  constructor(
    private readonly config: AppConfig,
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly moduleRef: ModuleRef,
    registry: Registry,
  ) {
    this.unknown = new Counter({
      name: 'goalpost_unknown_jobs_total',
      help: 'Jobs put back since they are of a version, class, event, handler or step that this process does not know',
      labelNames: ['queue'],
      registers: [registry],
    });
  }

  /** Finds the processors, and refuses the boot if one of them would not run as it should. */
  onModuleInit(): void {
    const faults: string[] = [];
    for (const { type, instance } of providersIn(this.discovery)) {
      const processor = Reflect.getMetadata(PROCESSOR_METADATA, type) as { name: string } | undefined;
      if (processor) faults.push(...this.add(processor.name, type, instance as JobProcessor));
    }
    if (faults.length > 0) throw new Error(['The job processors cannot run:', ...faults].join('\n  - '));
  }

  /** Every queue that this process has a processor for. */
  get queues(): Queue[] {
    return this.workers.map(({ queue }) => queue);
  }

  /** Notes that so many things of a queue, or of a due list, wait for a process of another release. */
  countUnknown(queue: string, count = 1): void {
    if (count > 0) this.unknown.inc({ queue }, count);
  }

  /** Work that outlasts its job; a process that stops waits for it as it does for jobs. */
  waitFor(work: Promise<void>): void {
    const waited = work.finally(() => this.rest.delete(waited));
    this.rest.add(waited);
  }

  /** Begins to take jobs. Call it once the whole application is up, so that no job meets half of its handlers. */
  start(): void {
    for (const worker of this.workers) {
      const { queue, concurrency = this.config.jobs.concurrency } = worker;
      takeUnreadable(queue);
      queue.on('error', (error) => {
        if (!this.isStopping) this.logger.error(`Queue ${queue.name}: ${error.message}`);
      });
      queue
        // Of any name: Bull lets a job fail if no processor is registered for its name.
        .process('*', concurrency, (job) => this.work(worker, job))
        .catch((error: unknown) => {
          // It is stopped before it has begun. Any other failure ends the process, or nobody would process the queue.
          if (!this.isStopping) throw error;
        });
    }
  }

  /** Takes no more jobs and waits for those that run; another worker takes over what does not end in time. */
  async beforeApplicationShutdown(): Promise<void> {
    this.isStopping = true;
    await Promise.all(this.workers.map(({ queue }) => queue.close()));
    await Promise.all(this.rest);
  }

  /** Adds the worker of a queue; returns what is wrong with its processor. */
  private add(queueName: string, type: Type, instance: JobProcessor): string[] {
    const prototype = type.prototype as Record<string, (job: Job) => Promise<unknown>>;
    const methods = this.scanner.getAllMethodNames(prototype);
    const withMetadata = (key: string) =>
      methods.filter((method) => Reflect.hasMetadata(key, prototype[method]!));
    const faults = withMetadata(PROCESS_METADATA).map(
      (method) =>
        `${type.name}.${method} has @Process, which takes jobs before the process is up and without their request context; it needs @ProcessJob`,
    );
    const [method, ...others] = withMetadata(PROCESS_JOB);
    if (method === undefined) faults.push(`${type.name} has @Processor but no method with @ProcessJob`);
    if (others.length > 0) faults.push(`${type.name} has more than one method with @ProcessJob`);
    if (this.workers.some(({ queue }) => queue.name === queueName))
      faults.push(`${type.name} is another @Processor of the queue ${queueName}`);
    if (faults.length > 0 || instance.isDisabled?.()) return faults;
    const options = Reflect.getMetadata(PROCESS_JOB, prototype[method!]!) as ProcessJobMetadata;
    const process = prototype[method!]!.bind(instance);
    const queue = this.moduleRef.get<Queue>(getQueueToken(queueName), { strict: false });
    this.workers.push({ ...options, queue, process });
    return [];
  }

  private async work(worker: JobWorker, job: Job): Promise<unknown> {
    useBackoff(job);
    try {
      return await runJob(job, (one) => withTimeout(longestJobMs, run(worker, one), 'the job did not end'));
    } catch (error) {
      if (error instanceof UnknownJobError) {
        this.countUnknown(worker.queue.name);
        postpone(job);
      }
      throw error;
    }
  }
}

async function run({ kind, process }: JobWorker, job: Job<Versioned<object> | null>): Promise<unknown> {
  if (job.name !== kind.name && job.name !== nameless)
    throw new UnknownJobError(`no worker here knows the job ${job.name}`);
  if (!kind.knows(job.data?.v))
    throw new UnknownJobError(`no worker here knows version ${String(job.data?.v)} of the job ${job.name}`);
  if (job.name === nameless || !kind.isReadable(job.data))
    throw new PermanentError('the job cannot be read: it lacks what it has to say');
  return process(job);
}
