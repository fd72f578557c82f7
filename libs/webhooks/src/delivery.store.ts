import {
  Batcher,
  type BatchOutcome,
  batchOfWrites,
  beforeTime,
  Clock,
  idFrom,
  inBatches,
  insertAll,
  type Page,
  pageByTime,
  toObjectId,
  updateAll,
  type UpdateOne,
} from '#platform';
import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model, Types } from 'mongoose';
import { DELIVERY_MODEL, type DeliveryRecord } from './webhook.schema.js';

const keptMs = 7 * 24 * 3600_000;

/** How long a process may attend to a delivery; then another one takes it over. */
const leaseMs = 60_000;

/** Leases end at multiples of this, so that what is delivered together is stored in one update. */
const leaseStepMs = 100;

const batchSize = 1_000;

/** An event for a receiver. */
export interface NewDelivery {
  webhookId: string;
  eventId: string;
  type: string;
  goalId: string | null;
  body: string;
  /** Whether this process attends to it at once; else it is due for any. */
  isClaimed: boolean;
}

/** What an attempt came to. */
export interface Outcome {
  status: number | null;
  error: string | null;
}

/** A call that the receiver has taken. */
interface Success {
  delivery: DeliveryRecord;
  outcome: Outcome;
}

/** All reads and writes of the collection `webhook_delivery`. */
@Injectable()
export class DeliveryStore {
  private readonly inserts: Batcher<DeliveryRecord, boolean>;
  private readonly updates: Batcher<UpdateOne>;
  private readonly successes: Batcher<Success>;

  constructor(
    @InjectModel(DELIVERY_MODEL) private readonly deliveries: Model<DeliveryRecord>,
    private readonly clock: Clock,
  ) {
    this.inserts = new Batcher((records) => insertAll(deliveries.collection, records), batchOfWrites);
    this.updates = new Batcher<UpdateOne>(async (updates) => {
      const { faults } = await updateAll(deliveries.collection, updates);
      return faults.map((error) => (error ? { error } : { value: undefined }));
    }, batchOfWrites);
    this.successes = new Batcher((batch) => this.storeSuccesses(batch), batchOfWrites);
  }

  /** Stores a delivery; null if it was stored before. */
  async add({
    webhookId,
    eventId,
    type,
    goalId,
    body,
    isClaimed,
  }: NewDelivery): Promise<DeliveryRecord | null> {
    const now = this.clock.now();
    const record: DeliveryRecord = {
      _id: deliveryId(webhookId, eventId),
      webhook_id: toObjectId(webhookId),
      event_id: eventId,
      type,
      goal_id: goalId,
      body,
      status: 'pending',
      attempts: 0,
      next_at: isClaimed ? this.leaseFrom(now) : now,
      last_attempt_at: null,
      last_status: null,
      last_error: null,
      created_at: now,
      expires_at: new Date(now.getTime() + keptMs),
    };
    return (await this.inserts.add(record)) ? record : null;
  }

  /** Claims deliveries that are due, the longest due first, but for those to these webhooks. */
  async claimDue(limit: number, exceptWebhooks: string[]): Promise<DeliveryRecord[]> {
    const now = this.clock.now();
    const due = await this.deliveries
      .find({
        status: 'pending',
        next_at: { $lte: now },
        ...(exceptWebhooks.length > 0 && { webhook_id: { $nin: exceptWebhooks.map(toObjectId) } }),
      })
      .sort({ next_at: 1 })
      .limit(limit)
      .lean<DeliveryRecord[]>();
    const claimed = await Promise.all(
      due.map(({ _id, next_at }) =>
        this.deliveries
          .findOneAndUpdate(
            { _id, next_at },
            { $set: { next_at: this.leaseFrom(now) } },
            { returnDocument: 'after' },
          )
          .lean<DeliveryRecord | null>(),
      ),
    );
    return claimed.filter((delivery) => delivery !== null);
  }

  /** Lets another process have a delivery that was claimed and not attempted. */
  async release(delivery: DeliveryRecord): Promise<void> {
    await this.settle(delivery, { next_at: this.clock.now() });
  }

  /** Stores that a receiver has taken the event. */
  async delivered(delivery: DeliveryRecord, outcome: Outcome): Promise<void> {
    await this.successes.add({ delivery, outcome });
  }

  /** Stores a failed attempt: the next one comes after a while, or none any more. */
  async failed(delivery: DeliveryRecord, outcome: Outcome, waitMs: number | undefined): Promise<void> {
    const attempted = this.attempted(delivery, outcome);
    const next_at = waitMs === undefined ? null : new Date(this.clock.now().getTime() + waitMs);
    await this.settle(delivery, { ...attempted, status: next_at ? 'pending' : 'failed', next_at });
  }

  /** Gives up what is pending for a webhook. */
  async abandon(webhookId: string, last_error: string): Promise<void> {
    const pending = this.deliveries
      .find({ webhook_id: toObjectId(webhookId), status: 'pending' }, { _id: 1 })
      .lean<Pick<DeliveryRecord, '_id'>>()
      .cursor();
    for await (const batch of inBatches(pending, batchSize))
      await this.deliveries.updateMany(
        { _id: { $in: batch.map(({ _id }) => _id) }, status: 'pending' },
        { $set: { status: 'failed', next_at: null, last_error } },
      );
  }

  /** Has a delivery attempted again, with all its attempts; null if it is not kept. */
  async retry(webhookId: string, eventId: string): Promise<DeliveryRecord | null> {
    const now = this.clock.now();
    const again = {
      status: 'pending',
      attempts: 0,
      next_at: now,
      expires_at: new Date(now.getTime() + keptMs),
    };
    return this.deliveries
      .findByIdAndUpdate(deliveryId(webhookId, eventId), { $set: again }, { returnDocument: 'after' })
      .lean<DeliveryRecord | null>();
  }

  /** A page of the deliveries to a webhook, newest first. */
  async page<Item>(
    webhookId: string,
    { cursor, limit }: { cursor?: string; limit: number },
    toItem: (record: DeliveryRecord) => Item,
  ): Promise<Page<Item>> {
    const records = await this.deliveries
      .find({ webhook_id: toObjectId(webhookId), ...beforeTime(cursor, 'created_at') }, { body: 0 })
      .sort({ created_at: -1, _id: -1 })
      .limit(limit + 1)
      .lean<DeliveryRecord[]>();
    return pageByTime(records, limit, toItem, ({ created_at }) => created_at);
  }

  /** One update for all that have the same to say. The driver does not retry such an update; updates of one document it does. */
  private async storeSuccesses(batch: Success[]): Promise<BatchOutcome<void>[]> {
    try {
      await this.storeTogether(batch);
      return batch.map(() => ({ value: undefined }));
    } catch {
      const updates = batch.map(({ delivery, outcome }) => ({
        filter: { _id: delivery._id, next_at: delivery.next_at },
        update: { $set: this.succeeded(delivery, outcome) },
      }));
      const { faults } = await updateAll(this.deliveries.collection, updates);
      return faults.map((error) => (error ? { error } : { value: undefined }));
    }
  }

  private async storeTogether(batch: Success[]): Promise<void> {
    const alike = Map.groupBy(batch, ({ delivery: { next_at, attempts }, outcome: { status } }) =>
      [next_at?.getTime(), attempts, status].join(),
    );
    const updateMany = [...alike.values()].map((successes) => {
      const [{ delivery, outcome }] = successes as [Success];
      const _id = { $in: successes.map((one) => one.delivery._id) };
      return {
        filter: { _id, next_at: delivery.next_at },
        update: { $set: this.succeeded(delivery, outcome) },
      };
    });
    await this.deliveries.collection.bulkWrite(
      updateMany.map((one) => ({ updateMany: one })),
      { ordered: false },
    );
  }

  private succeeded(delivery: DeliveryRecord, outcome: Outcome): Partial<DeliveryRecord> {
    return { ...this.attempted(delivery, outcome), status: 'delivered', next_at: null };
  }

  private attempted({ attempts }: DeliveryRecord, { status, error }: Outcome) {
    return {
      attempts: attempts + 1,
      last_attempt_at: this.clock.now(),
      last_status: status,
      last_error: error,
    };
  }

  /** Changes a delivery that this process attends to; does nothing if another one has taken it over. */
  private async settle({ _id, next_at }: DeliveryRecord, changes: Partial<DeliveryRecord>): Promise<void> {
    await this.updates.add({ filter: { _id, next_at }, update: { $set: changes } });
  }

  private leaseFrom(now: Date): Date {
    return new Date(Math.ceil((now.getTime() + leaseMs) / leaseStepMs) * leaseStepMs);
  }
}

function deliveryId(webhookId: string, eventId: string): Types.ObjectId {
  return toObjectId(idFrom('webhook_delivery', webhookId, eventId));
}
