import { Injectable } from '@nestjs/common';
import { InjectConnection } from '@nestjs/mongoose';
import type { Collection, Connection } from 'mongoose';
import { AppConfig } from '../config/config.js';
import type { Mark } from './epoch-rules.js';

/** The epoch as MongoDB keeps it, one document for each prefix of keys in Redis. */
export interface StoredEpoch extends Mark {
  _id: string;
  at: Date;
  /** Redis has lost what it got after this moment, and not all of that is published again yet. */
  lost_since?: Date;
  /** Until then a process is believed to be publishing it. */
  recovering_until?: Date;
  /** Until then a process is believed to be dropping what Redis remembers. */
  dropping_until?: Date;
}

const notLaterThan = (now: Date) => ({ $not: { $gt: now } });

/** All reads and writes of the collection `store_epoch`. Each write says what it was decided by, and does nothing if that has changed. */
@Injectable()
export class EpochStore {
  private readonly id: string;

  constructor(
    @InjectConnection() private readonly connection: Connection,
    { redis }: AppConfig,
  ) {
    this.id = redis.prefix;
  }

  /** The epoch as a majority has it; undefined if there was none yet. */
  async read(): Promise<StoredEpoch | undefined> {
    const stored = await this.epochs.findOne({ _id: this.id }, { readConcern: { level: 'majority' } });
    return stored ?? undefined;
  }

  /** Begins the first epoch, unless another process has. */
  async begin(epoch: string, now: Date): Promise<StoredEpoch | undefined> {
    await this.epochs.updateOne(
      { _id: this.id },
      { $setOnInsert: { epoch, beat: 0, at: now } },
      { upsert: true },
    );
    return this.read();
  }

  /** Counts one beat on. */
  async advance({ epoch, beat }: StoredEpoch, now: Date): Promise<void> {
    await this.epochs.updateOne(this.unchanged({ epoch, beat }), { $set: { beat: beat + 1, at: now } });
  }

  /** Notes that Redis has lost what it got after a moment. Returns the epoch after it; undefined if it has changed. */
  async noteLoss({ epoch, beat }: StoredEpoch, since: Date, now: Date): Promise<StoredEpoch | undefined> {
    const noted = await this.epochs.findOneAndUpdate(
      this.unchanged({ epoch, beat }),
      { $set: { beat: beat + 1, at: now }, $min: { lost_since: since } },
      { returnDocument: 'after' },
    );
    return noted ?? undefined;
  }

  /** Begins another epoch in place of the one that was seen, if any; false if somebody else has or is dropping for the last one. */
  async replace(
    seen: StoredEpoch | undefined,
    next: { epoch: string; since: Date; now: Date; until: Date },
  ): Promise<boolean> {
    const fields = { epoch: next.epoch, beat: 0, at: next.now, dropping_until: next.until };
    if (!seen) {
      const update = { $setOnInsert: { ...fields, lost_since: next.since } };
      const { upsertedCount } = await this.epochs.updateOne({ _id: this.id }, update, { upsert: true });
      return upsertedCount === 1;
    }
    const { matchedCount } = await this.epochs.updateOne(
      { ...this.unchanged(seen), dropping_until: notLaterThan(next.now) },
      { $set: fields, $min: { lost_since: next.since } },
    );
    return matchedCount === 1;
  }

  /** Notes that everything was dropped that Redis remembered of earlier epochs. */
  async dropped(epoch: string): Promise<void> {
    await this.epochs.updateOne({ _id: this.id, epoch }, { $unset: { dropping_until: 1 } });
  }

  /** Takes it on to publish again what was lost, up to a moment; false if another process has. */
  async takeRecovery(now: Date, until: Date): Promise<boolean> {
    const { matchedCount } = await this.epochs.updateOne(
      { _id: this.id, lost_since: { $exists: true }, recovering_until: notLaterThan(now) },
      { $set: { recovering_until: until } },
    );
    return matchedCount === 1;
  }

  /** Says that the recovery goes on. */
  async renewRecovery(until: Date): Promise<void> {
    await this.epochs.updateOne({ _id: this.id }, { $set: { recovering_until: until } });
  }

  /** Ends a recovery. What was lost meanwhile needs another one. */
  async endRecovery(recovered?: Date): Promise<void> {
    await this.epochs.updateOne({ _id: this.id }, { $unset: { recovering_until: 1 } });
    if (recovered)
      await this.epochs.updateOne({ _id: this.id, lost_since: recovered }, { $unset: { lost_since: 1 } });
  }

  private unchanged({ epoch, beat }: Mark) {
    return { _id: this.id, epoch, beat };
  }

  private get epochs(): Collection<StoredEpoch> {
    if (!this.connection.db) throw new Error('not connected to MongoDB');
    return this.connection.db.collection<StoredEpoch>('store_epoch') as unknown as Collection<StoredEpoch>;
  }
}
