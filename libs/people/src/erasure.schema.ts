import { Schema, type Types } from 'mongoose';

/** An erasure of a user's data. Once it is done it does not say whose; see docs/decisions/0076. */
export interface ErasureRecord {
  _id: Types.ObjectId;
  /** HMAC-SHA-256 of the user's id, in hex, by which it is known again after a restore. */
  user_hash: string;
  /** The key of the hash, in hex. */
  salt: string;
  requested_at: Date;
  completed_at: Date | null;
  /** How many documents were changed. */
  documents: number;
  /** From here on: while it runs alone. */
  user_id?: string;
  pseudonym?: string;
  /** The passes that are done, and how far the next one is: the place, and the last `_id` that it has looked at. */
  pass?: number;
  place?: number;
  after?: unknown;
  /** Documents that this pass could not change yet. */
  left?: number;
  /** Who works on it, and from when on anybody may. */
  owner?: string | null;
  due_at?: Date;
}

export const erasureSchema = new Schema<ErasureRecord>(
  {
    user_hash: { type: String, required: true },
    salt: { type: String, required: true },
    requested_at: { type: Date, required: true },
    completed_at: Date,
    documents: { type: Number, required: true },
    user_id: String,
    pseudonym: String,
    pass: Number,
    place: Number,
    after: {},
    left: Number,
    owner: String,
    due_at: Date,
  },
  { collection: 'erasure', versionKey: false, minimize: false },
);
// One at a time for a user. Only those that run have a user_id, so it also finds them.
erasureSchema.index({ user_id: 1 }, { unique: true, sparse: true });

export const ERASURE_MODEL = 'Erasure';
