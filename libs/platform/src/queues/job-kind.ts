import type { Job, JobOptions, Queue } from 'bull';
import { jobContext } from '../tracing/request-context.js';

/** What is stored that another release may read: with the version of its form. What says none is of version 1. */
export type Versioned<Data> = Data & { v?: number };

/** Whether this release reads a form of this version: any up to the one that it writes itself. */
export function isKnownVersion(v: unknown, newest: number): boolean {
  return v === undefined || (Number.isInteger(v) && (v as number) >= 1 && (v as number) <= newest);
}

/** What all jobs of a kind have in common. */
export interface JobKindOptions<Data> {
  /** The name of the jobs. A queue has jobs of one name. */
  name: string;
  /**
   * The version of the form of their data. It rises with each change that a worker of the release before would read wrongly;
   * that worker then leaves the job to others. The processor still reads all older versions.
   */
  version: number;
  /** Whether data have the fields without which the job cannot run. It may throw if they do not. */
  isReadable: (data: Data) => boolean;
}

/** A kind of jobs, which names, versions and checks them: whoever adds such a job and whoever processes it use the same. */
export class JobKind<Data extends object> {
  readonly name: string;
  readonly version: number;
  private readonly fits: (data: Data) => boolean;

  constructor({ name, version, isReadable }: JobKindOptions<Data>) {
    this.name = name;
    this.version = version;
    this.fits = isReadable;
  }

  /**
   * Adds a job in the request context of its origin. If one of its id exists, nothing changes. `version` is that of data which
   * another release has written.
   */
  add(queue: Queue<Data>, data: Data, options: JobOptions = {}, version = this.version): Promise<Job<Data>> {
    return queue.add(this.name, { ...data, v: version }, { ...options, ...jobContext() });
  }

  /**
   * Adds a job under an id that says what it is about. If one of that id waits or runs, nothing changes; a failed one is
   * replaced, since Bull takes no other job of its id while it keeps it.
   */
  async addOrReplaceFailed(
    queue: Queue<Data>,
    data: Data,
    options: JobOptions & { jobId: string },
  ): Promise<void> {
    const job = await this.add(queue, data, options);
    if (!(await job.isFailed())) return;
    // It cannot be removed if somebody else has replayed it meanwhile.
    await job.remove().catch(() => undefined);
    await this.add(queue, data, options);
  }

  /** Whether this release reads data of this version. */
  knows(version: unknown): boolean {
    return isKnownVersion(version, this.version);
  }

  /** Whether data of a known version have what the job needs. */
  isReadable(data: unknown): boolean {
    try {
      return this.fits(data as Data);
    } catch {
      return false;
    }
  }
}
