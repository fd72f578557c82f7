import { performance } from 'node:perf_hooks';
import { Injectable, Logger } from '@nestjs/common';
import type { Redis } from 'ioredis';
import { Counter, Histogram, Registry } from 'prom-client';
import { InjectRedis, RedisKeys } from '../redis/redis.module.js';
import { runLogged, type Fields, RequestContext } from '../tracing/request-context.js';
import type { DurableEvent } from './durable-event.js';
import type { RegisteredHandler } from './handler-registry.js';

/** How long a handler may take if the next event is to reach its queue's handlers without a job. */
const fastPathMs = 100;

/** A process that spends more of its time than this on its own work is what handlers wait for, not the servers of others. */
const busyShare = 0.8;

/** So often the time of a busy process does not count; then it does, whatever the reason. */
const mostExtensions = 9;

/**
 * Calls back once a handler counts as late: after `fastPathMs` in which this process was not busy. A job for each late delivery
 * would only be more work for a process that is busy. Returns a function that calls it off.
 */
export function onceLate(callback: () => void): () => void {
  let timer: NodeJS.Timeout;
  const wait = (extensions: number) => {
    const begin = performance.eventLoopUtilization();
    timer = setTimeout(() => {
      const isBusy = performance.eventLoopUtilization(begin).utilization > busyShare;
      if (isBusy && extensions < mostExtensions) wait(extensions + 1);
      else callback();
    }, fastPathMs);
  };
  wait(0);
  return () => clearTimeout(timer);
}

/**
 * How long what is done of an event waits to be noted together with the rest of its handlers. A process that dies meanwhile
 * has not noted it; its job then runs those handlers once more, as it does those that were running.
 */
const noteWithinMs = 100;

/** KEYS: the ledger of an event. ARGV: for how many seconds it is kept, then handlers, each with the time when it was done. */
const noteScript = `
redis.call('HSET', KEYS[1], unpack(ARGV, 2))
redis.call('EXPIRE', KEYS[1], ARGV[1])`;

interface NoteCommand {
  noteDone(key: string, seconds: number, ...namesAndTimes: string[]): Promise<void>;
}

/** Remembers for a while which handlers are done with an event, so that a second delivery runs only the others. */
@Injectable()
export class Ledger {
  constructor(
    @InjectRedis() private readonly redis: Redis,
    private readonly keys: RedisKeys,
  ) {
    redis.defineCommand('noteDone', { numberOfKeys: 1, lua: noteScript });
  }

  /** Names of the handlers that are done with the event. */
  async doneWith(eventId: string): Promise<Set<string>> {
    return new Set(await this.redis.hkeys(this.keys.of('ledger', eventId)));
  }

  /** When each handler that is done with the event was done. */
  async timesOf(eventId: string): Promise<Record<string, string>> {
    return this.redis.hgetall(this.keys.of('ledger', eventId));
  }

  /** Forgets that these handlers are done, so that the next delivery runs them. */
  async forget(eventId: string, handlers: string[]): Promise<void> {
    await this.redis.hdel(this.keys.of('ledger', eventId), ...handlers);
  }

  /** Notes that handlers are done, each with its time. What is noted of an event expires after its time, counted from now. */
  async markDone(
    { id, rememberedSeconds }: DurableEvent,
    done: [handler: string, at: Date][],
  ): Promise<void> {
    const namesAndTimes = done.flatMap(([handler, at]) => [handler, at.toISOString()]);
    const commands = this.redis as unknown as NoteCommand;
    await commands.noteDone(this.keys.of('ledger', id), rememberedSeconds, ...namesAndTimes);
  }
}

/**
 * Whether the handlers of a delivery queue may be called within the job that publishes: if the last run was fast and none
 * is late at this time. Until a run has shown that, and after one that failed, it is closed.
 */
export class FastPath {
  private lastWasFast = false;
  private late = 0;

  get isOpen(): boolean {
    return this.lastWasFast && this.late === 0;
  }

  /** Runs a handler of the queue, and takes its time. */
  async measure(handle: () => Promise<void>): Promise<void> {
    let isLate = false;
    const callOff = onceLate(() => {
      isLate = true;
      this.late += 1;
    });
    let isFast = false;
    try {
      await handle();
      isFast = !isLate;
    } finally {
      callOff();
      if (isLate) this.late -= 1;
      this.lastWasFast = isFast;
    }
  }
}

/** Runs handlers: measures how long they take and whether they fail, and logs and traces which event each run was for. */
@Injectable()
export class HandlerRunner {
  private readonly logger = new Logger('EventHandlers');
  private readonly duration: Histogram<'handler'>;
  private readonly failures: Counter<'handler'>;
  private readonly fastPaths = new Map<string, FastPath>();

  constructor(registry: Registry) {
    this.duration = new Histogram({
      name: 'goalpost_handler_duration_seconds',
      help: 'How long event handlers take for an event, whether they succeed or fail',
      labelNames: ['handler'],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers: [registry],
    });
    this.failures = new Counter({
      name: 'goalpost_handler_failures_total',
      help: 'Tries of event handlers that failed',
      labelNames: ['handler'],
      registers: [registry],
    });
  }

  /** The fast path of a delivery queue. */
  fastPathOf(queue: string): FastPath {
    const known = this.fastPaths.get(queue) ?? new FastPath();
    this.fastPaths.set(queue, known);
    return known;
  }

  /** Runs a handler for an event. */
  async run(event: DurableEvent, { name, queue, instance }: RegisteredHandler): Promise<void> {
    const requestContext = RequestContext.beginPart(name, 'internal', () => ({
      ...fieldsOf(event),
      handler: name,
    }));
    const handle = () => instance.handle(event);
    try {
      await runLogged(requestContext, this.logger, 'handler', () =>
        queue === undefined ? handle() : this.fastPathOf(queue).measure(handle),
      );
    } catch (error) {
      this.failures.inc({ handler: name });
      throw error;
    } finally {
      this.duration.observe({ handler: name }, requestContext.ms / 1000);
    }
  }
}

/** An event in a log line; the subject of `thing.created` is its thing_id. */
export function fieldsOf({ id, type, subject }: DurableEvent): Fields {
  const [noun = ''] = type.split('.');
  return { event: type, event_id: id, [`${noun}_id`]: subject };
}

/** A handler that failed for an event, and why. */
export interface FailedDelivery {
  handler: RegisteredHandler;
  error: Error;
}

/** Delivers an event to handlers that are not done with it yet, and notes in the ledger when they are. */
export class Delivery {
  private running = 0;
  private unnoted: [handler: string, at: Date][] = [];
  private noting?: { stored: Promise<void>; send: () => void };

  private constructor(
    readonly event: DurableEvent,
    private readonly done: Set<string>,
    private readonly ledger: Ledger,
    private readonly runner: HandlerRunner,
  ) {}

  static async begin(event: DurableEvent, ledger: Ledger, runner: HandlerRunner): Promise<Delivery> {
    return new Delivery(event, await ledger.doneWith(event.id), ledger, runner);
  }

  /** Those of the handlers that were not done when the delivery began. */
  due(handlers: RegisteredHandler[]): RegisteredHandler[] {
    return handlers.filter(({ name }) => !this.done.has(name));
  }

  /** Runs those that are due, all at once, and waits until each has ended; returns the ones that failed. */
  async to(handlers: RegisteredHandler[]): Promise<FailedDelivery[]> {
    const due = this.due(handlers);
    this.running += due.length;
    const outcomes = await Promise.all(due.map((handler) => this.run(handler)));
    return outcomes.filter((outcome) => outcome !== undefined);
  }

  private async run(handler: RegisteredHandler): Promise<FailedDelivery | undefined> {
    try {
      await this.runner.run(this.event, handler).finally(() => (this.running -= 1));
      await this.note(handler.name);
      return undefined;
    } catch (error) {
      return { handler, error: error instanceof Error ? error : new Error(String(error)) };
    } finally {
      if (this.running === 0) this.noting?.send();
    }
  }

  /** Notes a handler with those that are done about the same time, at the latest with the last one that runs. */
  private note(handler: string): Promise<void> {
    this.unnoted.push([handler, new Date()]);
    this.noting ??= this.beginNote();
    const { stored, send } = this.noting;
    if (this.running === 0) send();
    return stored;
  }

  private beginNote(): { stored: Promise<void>; send: () => void } {
    const { promise, resolve } = Promise.withResolvers<void>();
    const send = () => {
      clearTimeout(timer);
      this.noting = undefined;
      resolve(this.ledger.markDone(this.event, this.unnoted.splice(0)));
    };
    const timer = setTimeout(send, noteWithinMs);
    return { stored: promise, send };
  }
}
