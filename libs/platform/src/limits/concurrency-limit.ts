import {
  applyDecorators,
  type ExecutionContext,
  Injectable,
  type OnApplicationShutdown,
  SetMetadata,
} from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';
import { AsyncLocalStorage } from 'node:async_hooks';
import { AppConfig } from '../config/config.js';
import { type Caller, hasRole } from '../http/incoming.js';
import { overloaded, type Problem, tooManyRequests } from '../problem/problem.js';
import { Semaphore, type SlotHolder } from './semaphore.js';

/** Kinds of requests. Each has slots of its own, so that a flood of one kind does not block the others. */
const requestKinds = ['read', 'change', 'payment'] as const;
export type RequestKind = (typeof requestKinds)[number];

const KIND = 'goalpost:request-kind';

/** Sets the kind of an endpoint or a message. Default: a GET is a read, everything else a change. */
export const OfKind = (requestKind: RequestKind) =>
  // The route has it before the handler is known, the handler if there is no route.
  applyDecorators(RouteConfig({ requestKind }), SetMetadata(KIND, requestKind));

/** The kind of a request that is routed but not read yet. */
export function kindOfRequest({ method, routeOptions }: FastifyRequest): RequestKind {
  const { requestKind } = routeOptions.config as { requestKind?: RequestKind };
  return requestKind ?? (method === 'GET' || method === 'HEAD' ? 'read' : 'change');
}

/** The kind of a request or message that has reached its handler. */
export function kindOfContext(context: ExecutionContext): RequestKind {
  if (context.getType() === 'http') return kindOfRequest(context.switchToHttp().getRequest<FastifyRequest>());
  return (Reflect.getMetadata(KIND, context.getHandler()) as RequestKind | undefined) ?? 'change';
}

/** More at once finish later, not sooner: the stores are busy with fewer. */
const maxRunning = 128;

/** A request that waited longer could not be answered in time any more. */
const maxWaitMs = 600;

/** Parts of the slots and of the queue that one caller may have: a service acts for many users. */
const userShare = 1 / 4;
const serviceShare = 3 / 4;

/** How long a refusal is delayed that the caller caused, so that a client that retries at once is slowed down. */
const refusalDelayMs = 500;

const retryLater = { 'retry-after': '1' };

// One error for all: creating one is not cheap, and under load there is no time for it.
const serviceOverloaded = overloaded(
  'More requests are at work here than can be answered in time.',
  {},
  retryLater,
);
const callerOverLimit = tooManyRequests(
  'As many requests of this caller as it may have at once are not answered yet.',
  {},
  retryLater,
).dueTo('in_flight');

const responseDelay = new AsyncLocalStorage<{ ms: number }>();

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Delays the response of the current request once its work is done. Its slot is free by then, but the request still counts
 * against its caller's limit. Does nothing outside a request.
 */
export function delayResponse(ms: number): void {
  const delay = responseDelay.getStore();
  if (delay) delay.ms = ms;
}

/** Throws the refusal after a delay. */
export async function rejectDelayed(refusal: unknown): Promise<never> {
  await wait(refusalDelayMs);
  throw refusal;
}

const turnMs = 50;

/** Measures how long the process has been without a turn for its timers, at this very moment. */
@Injectable()
export class EventLoopMonitor implements OnApplicationShutdown {
  private lastTurn = performance.now();
  private readonly timer = setInterval(() => (this.lastTurn = performance.now()), turnMs).unref();

  /** Milliseconds by which the timers are late. */
  get lagMs(): number {
    return performance.now() - this.lastTurn - turnMs;
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }
}

/** Who asks, and the part of all slots that it may have. */
export interface SlotCaller {
  id: string;
  share: number;
}

/** What one caller has of the requests of a kind. */
interface CallerSlots extends SlotHolder {
  readonly maxOpen: number;
  /** Running, waiting for a slot, or done and not answered yet. */
  open: number;
}

/**
 * Limits the requests of one kind that run at once. Further ones wait for a slot, a limited number and a limited time. No
 * caller has more than its share: what exceeds its share of the slots waits even if others are free, what exceeds its share
 * of the whole is refused.
 */
export class KindLimit {
  private readonly callers = new Map<string, CallerSlots>();
  private readonly maxRunning: number;
  private readonly semaphore: Semaphore;

  constructor(private readonly maxOpen: number) {
    this.maxRunning = Math.min(maxRunning, maxOpen);
    this.semaphore = new Semaphore(this.maxRunning, { ms: maxWaitMs, error: serviceOverloaded });
  }

  /** Whether a further request could not be answered in time, whoever sends it. */
  get isFull(): boolean {
    return this.semaphore.taskCount >= this.maxOpen || this.semaphore.isOverdue;
  }

  /**
   * Runs the work in a slot, then `after`, which precedes the response, without one. Throws a 503 problem if no slot is free
   * in time, a 429 problem if the caller already has its share.
   */
  async run<Result>(
    caller: SlotCaller,
    work: () => Promise<Result>,
    after: () => Promise<void>,
  ): Promise<Result> {
    if (this.isFull) throw serviceOverloaded;
    const slots = this.slotsOf(caller);
    if (slots.open >= slots.maxOpen) throw callerOverLimit;
    slots.open += 1;
    this.callers.set(caller.id, slots);
    try {
      const result = await this.semaphore.run(work, slots);
      await after();
      return result;
    } finally {
      slots.open -= 1;
      if (slots.open === 0) this.callers.delete(caller.id);
    }
  }

  private slotsOf({ id, share }: SlotCaller): CallerSlots {
    const partOf = (all: number) => Math.max(1, Math.floor(all * share));
    const fresh = { maxRunning: partOf(this.maxRunning), maxOpen: partOf(this.maxOpen), running: 0, open: 0 };
    return this.callers.get(id) ?? fresh;
  }
}

/**
 * Limits the requests that run at once, over HTTP and as messages, for each kind separately. Work counts until it ends, even
 * if its caller was already told to retry.
 */
@Injectable()
export class ConcurrencyLimit {
  private readonly kinds: Record<RequestKind, KindLimit>;

  constructor(
    { limits }: AppConfig,
    private readonly eventLoop: EventLoopMonitor,
  ) {
    this.kinds = Object.fromEntries(
      requestKinds.map((kind) => [kind, new KindLimit(limits.inFlight)]),
    ) as Record<RequestKind, KindLimit>;
  }

  /** The refusal of a further request of that kind; undefined if it may come in. */
  refusal(kind: RequestKind): Problem | undefined {
    return this.eventLoop.lagMs > maxWaitMs || this.kinds[kind].isFull ? serviceOverloaded : undefined;
  }

  /**
   * Runs a piece of work once a slot is free; the caller is that of the token, or an address. Throws a 503 problem if no slot
   * is free in time, and with a delay a 429 problem if the caller already has its share.
   */
  async run<Result>(
    kind: RequestKind,
    caller: Caller | string,
    work: () => Promise<Result>,
  ): Promise<Result> {
    const delay = { ms: 0 };
    const delayIfAsked = async () => {
      if (delay.ms > 0) await wait(delay.ms);
    };
    try {
      return await this.kinds[kind].run(
        slotCaller(caller),
        () => responseDelay.run(delay, work),
        delayIfAsked,
      );
    } catch (error) {
      if (error === callerOverLimit) return rejectDelayed(error);
      throw error;
    }
  }
}

function slotCaller(caller: Caller | string): SlotCaller {
  if (typeof caller === 'string') return { id: caller, share: userShare };
  return { id: caller.userId, share: hasRole(caller, 'service', 'admin') ? serviceShare : userShare };
}
