import { goalClasses, type GoalContext } from '#contracts';
import { Schema, type Types } from 'mongoose';

/** An entry of the feed as it is stored. */
export interface FeedRecord {
  /** The id of the event, so that each event has one entry. */
  _id: Types.ObjectId;
  session: Types.ObjectId;
  streamer: Types.ObjectId;
  type: string;
  goal: Types.ObjectId;
  /** `_cls` can be a class of another release that this one does not know. */
  payload: { _cls: string; context: GoalContext };
  created_at: Date;
}

const reference = { type: Schema.Types.ObjectId, required: true };

export const feedSchema = new Schema<FeedRecord>(
  {
    session: reference,
    streamer: reference,
    type: { type: String, required: true },
    goal: reference,
    payload: { _cls: { type: String, enum: goalClasses }, context: {} },
    created_at: { type: Date, required: true },
  },
  { collection: 'livestream_feed', versionKey: false },
);
feedSchema.index({ session: 1, created_at: -1, _id: -1 });

export const FEED_MODEL = 'LivestreamFeed';
