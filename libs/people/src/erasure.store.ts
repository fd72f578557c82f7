import { Clock, isDuplicateKey, newId, toObjectId, type Transaction } from '#platform';
import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model, mongo } from 'mongoose';
import { createHmac, randomBytes } from 'node:crypto';
import { ERASURE_MODEL, type ErasureRecord } from './erasure.schema.js';

/** An erasure that runs, so that it says whose it is. */
export type RunningErasure = ErasureRecord & Required<Pick<ErasureRecord, 'user_id' | 'pseudonym'>>;

/** How far an erasure is. */
export type ErasureProgress = Pick<ErasureRecord, 'pass' | 'place' | 'after' | 'left'>;

/** Another process has taken an erasure over. */
export class TakenOver extends Error {}

/** How long a process may be silent that works on an erasure; then another one takes it over. */
const leaseMs = 30_000;

/** The hash by which a user is known again. */
export const userHash = (salt: string, userId: string): string =>
  createHmac('sha256', Buffer.from(salt, 'hex')).update(userId).digest('hex');

const begun = { pass: 0, place: 0, after: null, left: 0, owner: null } as const;

/** All reads and writes of the collection `erasure`. */
@Injectable()
export class ErasureStore {
  constructor(
    @InjectModel(ERASURE_MODEL) private readonly erasures: Model<ErasureRecord>,
    private readonly clock: Clock,
  ) {}

  /** The erasure of a user that runs; null if none does. */
  runningOf(userId: string): Promise<ErasureRecord | null> {
    return this.erasures.findOne({ user_id: userId }).lean<ErasureRecord>();
  }

  findById(erasureId: string): Promise<ErasureRecord | null> {
    return this.erasures.findById(toObjectId(erasureId)).lean<ErasureRecord>();
  }

  /** Begins an erasure. Throws an error of a duplicate key if one of that user was begun at the same time. */
  async begin(userId: string, transaction: Transaction): Promise<ErasureRecord> {
    const now = this.clock.now();
    const last = await this.erasures
      .findOne({}, { salt: 1 })
      .sort({ _id: -1 })
      .session(transaction)
      .lean<Pick<ErasureRecord, 'salt'>>();
    // One key for all, so that a repetition hashes each user once.
    const salt = last?.salt ?? randomBytes(32).toString('hex');
    const erasure: ErasureRecord = {
      _id: toObjectId(newId()),
      user_hash: userHash(salt, userId),
      salt,
      requested_at: now,
      completed_at: null,
      documents: 0,
      user_id: userId,
      pseudonym: newId(),
      ...begun,
      due_at: now,
    };
    await this.erasures.collection.insertOne(erasure, { session: transaction });
    return erasure;
  }

  /** Begins one that is done once more, for the user whose hash it has; it keeps its times. False if that user's runs. */
  async beginAgain({ _id }: ErasureRecord, userId: string, transaction: Transaction): Promise<boolean> {
    try {
      const { matchedCount } = await this.erasures.collection.updateOne(
        { _id, user_id: { $exists: false } },
        { $set: { user_id: userId, pseudonym: newId(), ...begun, due_at: this.clock.now() } },
        { session: transaction },
      );
      return matchedCount > 0;
    } catch (error) {
      if (isDuplicateKey(error)) return false;
      throw error;
    }
  }

  /** Takes an erasure that is due, this one or any; null if none is. */
  async take(owner: string, erasureId?: string): Promise<RunningErasure | null> {
    const now = this.clock.now();
    return this.erasures.collection.findOneAndUpdate(
      {
        user_id: { $exists: true },
        due_at: { $lte: now },
        ...(erasureId !== undefined && { _id: toObjectId(erasureId) }),
      },
      { $set: { owner, due_at: this.leaseFrom(now) } },
      { returnDocument: 'after' },
    ) as Promise<RunningErasure | null>;
  }

  /** Notes how far it is. Throws `TakenOver` if another process works on it. */
  note(erasure: ErasureRecord, progress: ErasureProgress): Promise<void> {
    return this.keep(erasure, { $set: { ...progress, due_at: this.leaseFrom(this.clock.now()) } });
  }

  /** Notes in the transaction that changes documents how many those are. Throws `TakenOver` if another process works on it. */
  count(erasure: ErasureRecord, documents: number, session: Transaction): Promise<void> {
    return this.keep(erasure, { $inc: { documents } }, session);
  }

  private async keep(
    { _id, owner }: ErasureRecord,
    update: mongo.UpdateFilter<mongo.Document>,
    session?: Transaction,
  ): Promise<void> {
    const { matchedCount } = await this.erasures.collection.updateOne({ _id, owner }, update, { session });
    if (matchedCount === 0) throw new TakenOver();
  }

  /** Lets it rest until the next pass, or another process takes it up. */
  async rest({ _id, owner }: ErasureRecord, progress: ErasureProgress, forMs: number): Promise<void> {
    const due_at = new Date(this.clock.now().getTime() + forMs);
    await this.erasures.collection.updateOne({ _id, owner }, { $set: { ...progress, owner: null, due_at } });
  }

  /** It is done: from here on nothing says whose it was. */
  async finish({ _id, owner, completed_at }: ErasureRecord): Promise<void> {
    const gone = ['user_id', 'pseudonym', 'pass', 'place', 'after', 'left', 'owner', 'due_at'];
    await this.erasures.collection.updateOne(
      { _id, owner },
      {
        $set: { completed_at: completed_at ?? this.clock.now() },
        $unset: Object.fromEntries(gone.map((name) => [name, ''])),
      },
    );
  }

  /** Every erasure, the oldest first. */
  all(): Promise<ErasureRecord[]> {
    return this.erasures.find({}).sort({ _id: 1 }).lean<ErasureRecord[]>();
  }

  private leaseFrom(now: Date): Date {
    return new Date(now.getTime() + leaseMs);
  }
}
