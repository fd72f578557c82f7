import { Schema, type Types } from 'mongoose';

/** Tokens that are refused before they expire: one by its `jti`, or those of a user that were issued before a moment. */
export interface TokenDenialRecord {
  /** Follows from `jti` or `user_id`, so that there is one for each. */
  _id: Types.ObjectId;
  jti?: string;
  /** Absent once the user was erased; the denial holds on. */
  user_id?: string;
  issued_before?: Date;
  reason: string | null;
  denied_by: string;
  denied_at: Date;
  /** When it is forgotten, because its tokens have expired; absent if never. */
  expires_at?: Date;
  /** Set if it was taken back. It is kept for a while, so that every process sees that. */
  removed?: true;
  /** Of the last change; each process reads what changed. */
  changed_at: Date;
}

export const tokenDenialSchema = new Schema<TokenDenialRecord>(
  {
    jti: String,
    user_id: String,
    issued_before: Date,
    reason: String,
    denied_by: { type: String, required: true },
    denied_at: { type: Date, required: true },
    expires_at: Date,
    removed: Boolean,
    changed_at: { type: Date, required: true },
  },
  { collection: 'token_denial', versionKey: false, minimize: false },
);
tokenDenialSchema.index({ changed_at: 1 });
tokenDenialSchema.index({ removed: 1, denied_at: -1, _id: -1 });
tokenDenialSchema.index({ expires_at: 1 }, { expireAfterSeconds: 0 });

export const TOKEN_DENIAL_MODEL = 'TokenDenial';
