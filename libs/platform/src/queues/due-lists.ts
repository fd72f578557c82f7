import { setTimeout } from 'node:timers/promises';
import { type BeforeApplicationShutdown, Injectable, Logger } from '@nestjs/common';
import type { Redis } from 'ioredis';
import { AppConfig } from '../config/config.js';
import { InjectRedis, RedisKeys } from '../redis/redis.module.js';

/** So many ids make a batch at most, unless its list says otherwise. */
const mostInBatch = 200;

/** So many batches of a list run at once in a process: one that is slow does not hold up the others. */
const batchesAtOnce = 4;

/** A list is looked at this often. */
const lookEveryMs = 50;

/** An id that is due while it is worked on is looked at again so much later; one whose work failed, after so long. */
const busyMs = 50;
const failedMs = 1000;

/**
 * Two sorted sets: ids by the moment when they are due, and ids that are worked on by the moment when another process may have
 * them. All times are those of the server, so that the clocks of processes do not matter.
 */
const timeOfServer = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)`;

/** Adds ids with one score to a sorted set by one command; the lists of arguments are bounded by the sizes of batches. */
const addAll = `
local function addAll(key, condition, score, ids)
  local pairsToAdd = {}
  for i, id in ipairs(ids) do
    pairsToAdd[2 * i - 1] = score
    pairsToAdd[2 * i] = id
  end
  redis.call('ZADD', key, condition, unpack(pairsToAdd))
end`;

const scripts = {
  /** KEYS: due. ARGV: ms from now, length of a slot in ms or 0, ids. Each is due then, or at the end of the slot, or before if it was. */
  addDue: `${timeOfServer}
local slot = tonumber(ARGV[2])
local at = now + ARGV[1]
if slot > 0 then at = (math.floor(at / slot) + 1) * slot end
${addAll}
addAll(KEYS[1], 'LT', at, { unpack(ARGV, 3) })`,

  /** KEYS: due, taken. ARGV: most ids, ms of the lease, ms until one is looked at again that is worked on. Returns the lease and ids. */
  takeDue: `${timeOfServer}
${addAll}
local given = redis.call('ZRANGE', KEYS[2], '-inf', now, 'BYSCORE', 'LIMIT', 0, ARGV[1])
if #given > 0 then
  redis.call('ZREM', KEYS[2], unpack(given))
  addAll(KEYS[1], 'LT', now, given)
end
local lease = now + ARGV[2]
local taken = { string.format('%.0f', lease) }
local due = redis.call('ZRANGE', KEYS[1], '-inf', now, 'BYSCORE', 'LIMIT', 0, ARGV[1])
if #due == 0 then return taken end
local leases = redis.call('ZMSCORE', KEYS[2], unpack(due))
local free, busy = {}, {}
for i, id in ipairs(due) do table.insert(leases[i] and busy or free, id) end
if #busy > 0 then addAll(KEYS[1], 'XX', now + ARGV[3], busy) end
if #free > 0 then
  redis.call('ZREM', KEYS[1], unpack(free))
  addAll(KEYS[2], 'NX', lease, free)
end
for _, id in ipairs(free) do table.insert(taken, id) end
return taken`,

  /** KEYS: due, taken. ARGV: lease, ms until they are due again or -1, ids. Leaves alone what another process has by now. */
  endDue: `${timeOfServer}
${addAll}
local ids = { unpack(ARGV, 3) }
local leases = redis.call('ZMSCORE', KEYS[2], unpack(ids))
local own = {}
for i, id in ipairs(ids) do if leases[i] == ARGV[1] then table.insert(own, id) end end
if #own == 0 then return end
redis.call('ZREM', KEYS[2], unpack(own))
if tonumber(ARGV[2]) >= 0 then addAll(KEYS[1], 'LT', now + ARGV[2], own) end`,

  /** KEYS: due. Returns how many ids are due, and for how many ms the first of them has been. */
  measureDue: `${timeOfServer}
local first = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
local late = first[2] and math.max(0, now - first[2]) or 0
return { redis.call('ZCOUNT', KEYS[1], '-inf', now), math.floor(late) }`,
};

interface Commands {
  addDue(due: string, inMs: number, slotMs: number, ...ids: string[]): Promise<void>;
  takeDue(
    due: string,
    taken: string,
    most: number,
    leaseMs: number,
    busyMs: number,
  ): Promise<[string, ...string[]]>;
  endDue(due: string, taken: string, lease: string, againInMs: number, ...ids: string[]): Promise<void>;
  measureDue(due: string): Promise<[number, number]>;
}

/** Does what is due for ids. An error concerns all of them: they are due again a moment later. */
export type DueWork = (ids: string[]) => Promise<void>;

/** Who works off a list in this process. */
interface Worker {
  work: DueWork;
  batchSize: number;
}

/** Ids that something is to be done for, each at most once in the list and in the hands of one process at a time. */
export class DueList {
  private readonly due: string;
  private readonly taken: string;
  private wake?: () => void;
  private isNudged = false;

  constructor(
    readonly name: string,
    private readonly commands: Commands,
    /** How long a process has for the work before another one gets the ids. */
    readonly leaseMs: number,
    keys: RedisKeys,
  ) {
    this.due = keys.of('due', name);
    this.taken = keys.inSlotOf(this.due, 'taken');
  }

  /**
   * Adds ids: due at the end of the slot of so many ms that runs now, or at once without a slot. One that is in the list stays
   * due at the earlier moment; one that is worked on is worked on again.
   */
  async add(ids: string[], slotMs = 0): Promise<void> {
    if (ids.length === 0) return;
    await this.commands.addDue(this.due, 0, slotMs, ...ids);
    if (slotMs > 0) return;
    this.isNudged = true;
    this.wake?.();
  }

  /** Adds an id that is due so many ms from now, at once if that is negative; likewise. */
  async addIn(inMs: number, id: string): Promise<void> {
    await this.commands.addDue(this.due, Math.ceil(Math.max(0, inMs)), 0, id);
  }

  /** How many ids are due, and for how long the first has been, in ms. */
  async measure(): Promise<{ waiting: number; oldestMs: number }> {
    const [waiting, oldestMs] = await this.commands.measureDue(this.due);
    return { waiting, oldestMs };
  }

  /** Takes ids that are due, so many at most, and does the work; resolves once it is begun, with how many there were. */
  async workOff({ work, batchSize }: Worker, running: Set<Promise<void>>): Promise<number> {
    this.isNudged = false;
    const [lease, ...ids] = await this.commands.takeDue(
      this.due,
      this.taken,
      batchSize,
      this.leaseMs,
      busyMs,
    );
    if (ids.length === 0) return 0;
    const end = (againInMs: number) => this.commands.endDue(this.due, this.taken, lease, againInMs, ...ids);
    const batch = work(ids)
      .then(
        () => end(-1),
        async (error: unknown) => {
          new Logger(DueList.name).warn(`${this.name}: ${String(error)}`);
          await end(failedMs);
        },
      )
      // Redis is away: once the lease is over another process has them.
      .catch(() => undefined)
      .finally(() => running.delete(batch));
    running.add(batch);
    return ids.length;
  }

  /** Waits for a while, or until something is due at once. */
  async pause(ms: number, signal: AbortSignal): Promise<void> {
    if (this.isNudged) return;
    const waked = new Promise<void>((resolve) => (this.wake = resolve));
    const stop = new AbortController();
    const ends = AbortSignal.any([signal, stop.signal]);
    await Promise.race([waked, setTimeout(ms, undefined, { signal: ends }).catch(() => undefined)]);
    stop.abort();
  }
}

/** The due lists of a process, and the work that is done for what they hold, from when the process is up until it stops. */
@Injectable()
export class DueLists implements BeforeApplicationShutdown {
  private readonly logger = new Logger(DueLists.name);
  private readonly lists = new Map<string, DueList>();
  private readonly workers = new Map<DueList, Worker>();
  private readonly loops: Promise<void>[] = [];
  private readonly stopped = new AbortController();
  private readonly commands: Commands;

  constructor(
    @InjectRedis() redis: Redis,
    private readonly keys: RedisKeys,
    private readonly config: AppConfig,
  ) {
    const numberOfKeys = { addDue: 1, takeDue: 2, endDue: 2, measureDue: 1 };
    for (const [name, lua] of Object.entries(scripts))
      redis.defineCommand(name, { numberOfKeys: numberOfKeys[name as keyof typeof scripts], lua });
    this.commands = redis as unknown as Commands;
  }

  /** The list of this name. */
  of(name: string): DueList {
    const known =
      this.lists.get(name) ?? new DueList(name, this.commands, this.config.jobs.lockMs, this.keys);
    this.lists.set(name, known);
    return known;
  }

  /** Every list that this process has asked for. */
  get all(): DueList[] {
    return [...this.lists.values()];
  }

  /** Announces who does the work of a list, so many ids at once; nothing runs before start(). It has to end within JOB_LOCK_MS. */
  process(list: DueList, work: DueWork, batchSize = mostInBatch): void {
    this.workers.set(list, { work, batchSize });
  }

  /** Begins to work off the lists. */
  start(): void {
    for (const [list, worker] of this.workers) this.loops.push(this.loop(list, worker));
  }

  /** Takes no more and lets the batches under way end. */
  async beforeApplicationShutdown(): Promise<void> {
    this.stopped.abort();
    await Promise.all(this.loops);
  }

  private async loop(list: DueList, worker: Worker): Promise<void> {
    const { signal } = this.stopped;
    const running = new Set<Promise<void>>();
    let isAway = false;
    while (!signal.aborted) {
      if (running.size >= batchesAtOnce) await Promise.race(running);
      try {
        const taken = await list.workOff(worker, running);
        isAway = false;
        if (taken < worker.batchSize) await list.pause(lookEveryMs, signal);
      } catch (error) {
        if (!isAway && !signal.aborted)
          this.logger.warn(`${list.name} cannot be looked at: ${String(error)}`);
        isAway = true;
        await list.pause(failedMs, signal);
      }
    }
    await Promise.all(running);
  }
}
