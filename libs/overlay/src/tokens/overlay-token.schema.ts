import { Schema, type Types } from 'mongoose';

/** A token for the overlay of one session, as it is stored: not the token, only what recognizes it. */
export interface OverlayTokenRecord {
  /** The overlay_id, which is in the token, too. */
  _id: Types.ObjectId;
  session_id: string;
  /** SHA-256 of the whole token, in hex. */
  token_hash: string;
  /** The user who asked for it. */
  created_by: string;
  created_at: Date;
}

export const overlayTokenSchema = new Schema<OverlayTokenRecord>(
  {
    session_id: { type: String, required: true },
    token_hash: { type: String, required: true },
    created_by: { type: String, required: true },
    created_at: { type: Date, required: true },
  },
  { collection: 'overlay_token', versionKey: false },
);
overlayTokenSchema.index({ session_id: 1, created_at: -1, _id: -1 });

export const OVERLAY_TOKEN_MODEL = 'OverlayToken';
