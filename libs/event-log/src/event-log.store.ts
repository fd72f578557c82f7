import type { GoalEvent } from '#contracts';
import {
  Batcher,
  type BatchOutcome,
  batchOfWrites,
  Clock,
  isDuplicateKey,
  toObjectId,
  type Transaction,
  Transactions,
} from '#platform';
import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { EventLogConfig } from './event-log.config.js';
import {
  EVENT_LOG_MODEL,
  type EventLogRecord,
  LOG_POSITION_MODEL,
  type LogPositionRecord,
} from './event-log.schema.js';
import { StreamPublisher } from './stream/stream-publisher.js';

/** Which events to read; without a field all of them. */
export interface EventFilter {
  type?: string | { $in: readonly string[] };
  session_id?: string;
  goal_id?: string;
}

/** An event with its position in the log. */
export interface LoggedEvent {
  seq: number;
  event: GoalEvent;
}

/** Events in their order, and how far the log was read to find them. */
export interface LogPage {
  events: LoggedEvent[];
  /** Everything up to this position that fits the filter is in this page or in those before it. */
  readTo: number;
  /** The last position of the log at that moment. */
  end: number;
}

const positionId = 'event_log';
const msPerDay = 24 * 3600_000;

/**
 * Keeps every event that other services get, in an order that a reader can follow. Positions are taken from one document, in
 * the transaction that stores the events: it is locked until the transaction has ended, so that an event is visible before
 * any event with a higher position. Reads see one moment of the database. So nobody who reads on from a position skips an
 * event, however many processes write.
 */
@Injectable()
export class EventLog {
  private readonly appends = new Batcher<GoalEvent[]>((batch) => this.appendAll(batch), batchOfWrites);

  constructor(
    @InjectModel(EVENT_LOG_MODEL) private readonly log: Model<EventLogRecord>,
    @InjectModel(LOG_POSITION_MODEL) private readonly positions: Model<LogPositionRecord>,
    private readonly transactions: Transactions,
    private readonly clock: Clock,
    private readonly config: EventLogConfig,
    private readonly streams: StreamPublisher,
  ) {}

  /** Whether events are kept at all. */
  get isKept(): boolean {
    return this.config.keptDays > 0;
  }

  /** Stores events, in this order; those that are stored already stay as they are. Streams get them right after. */
  async append(events: GoalEvent[]): Promise<void> {
    if (events.length > 0) await this.appends.add(events);
  }

  /** Whether there ever was such a position. */
  async hasGivenOut(position: number): Promise<boolean> {
    if (position === 0) return true;
    // What a primary has that was elected a moment ago may be more than it shows to readers.
    const last = await this.positions
      .findById(positionId)
      .readConcern('local')
      .lean<LogPositionRecord | null>();
    return position <= (last?.seq ?? 0);
  }

  /** Up to `limit` events after a position, the oldest first. */
  async after(position: number, limit: number, filter: EventFilter = {}): Promise<LogPage> {
    return this.transactions.snapshot(async (snapshot) => {
      const end = Math.max(position, await this.endIn(snapshot));
      const records = await this.log
        .find({ ...filter, seq: { $gt: position } })
        .sort({ seq: 1 })
        .limit(limit)
        .session(snapshot)
        .readConcern('snapshot')
        .lean<EventLogRecord[]>();
      // If there are fewer than asked for, all others up to the end do not fit.
      const readTo = records.length < limit ? end : records.at(-1)!.seq;
      return { events: records.map(toLoggedEvent), readTo, end };
    });
  }

  /** The last position that is visible. */
  async end(): Promise<number> {
    return this.transactions.snapshot((snapshot) => this.endIn(snapshot));
  }

  private async endIn(snapshot: Transaction): Promise<number> {
    const position = await this.positions
      .findById(positionId)
      .session(snapshot)
      .readConcern('snapshot')
      .lean<LogPositionRecord | null>();
    return position?.seq ?? 0;
  }

  private async appendAll(batch: GoalEvent[][]): Promise<BatchOutcome<void>[]> {
    const events = [...new Map(batch.flat().map((event) => [event.event_id, event])).values()];
    if (!this.isKept) {
      await this.streams.send(events);
    } else {
      await this.store(events);
      this.streams.wake();
    }
    return batch.map(() => ({ value: undefined }));
  }

  private async store(events: GoalEvent[]): Promise<void> {
    try {
      await this.transactions.run((transaction) => this.insert(events, transaction));
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
      await this.transactions.run(async (transaction) =>
        this.insert(await this.unknownOf(events), transaction),
      );
    }
  }

  private async insert(events: GoalEvent[], transaction: Transaction): Promise<void> {
    if (events.length === 0) return;
    const taken = await this.positions.collection.findOneAndUpdate(
      { _id: positionId as never },
      { $inc: { seq: events.length } },
      { upsert: true, returnDocument: 'after', session: transaction },
    );
    const first = Number(taken?.seq) - events.length + 1;
    const expires_at = new Date(this.clock.now().getTime() + this.config.keptDays * msPerDay);
    await this.log.collection.insertMany(
      events.map((event, index) => toRecord(event, first + index, expires_at)),
      { session: transaction },
    );
  }

  private async unknownOf(events: GoalEvent[]): Promise<GoalEvent[]> {
    const ids = events.map(({ event_id }) => toObjectId(event_id));
    const known = await this.log
      .find({ _id: { $in: ids } }, { _id: 1 })
      .lean<Pick<EventLogRecord, '_id'>[]>();
    const knownIds = new Set(known.map(({ _id }) => _id.toHexString()));
    return events.filter(({ event_id }) => !knownIds.has(event_id));
  }
}

function toRecord(event: GoalEvent, seq: number, expires_at: Date): EventLogRecord {
  const { event_id, type, version, occurred_at, data } = event;
  return {
    _id: toObjectId(event_id),
    seq,
    type,
    version,
    occurred_at: new Date(occurred_at),
    goal_id: data.goal_id,
    session_id: data.session_id,
    data,
    expires_at,
  };
}

function toLoggedEvent({ _id, seq, type, version, occurred_at, data }: EventLogRecord): LoggedEvent {
  const event = { event_id: _id.toHexString(), type, version, occurred_at: occurred_at.toISOString(), data };
  return { seq, event: event as GoalEvent };
}
