import { Schema, type Types } from 'mongoose';

/** A session as it is stored; older documents may lack any field but `user`. */
export interface SessionRecord {
  _id: Types.ObjectId;
  user: Types.ObjectId;
  active?: boolean;
  show_goal_pairs?: { funding_goal: Types.ObjectId; show_goal?: Types.ObjectId | null }[];
  karaoke_goal?: Types.ObjectId | null;
  exclusive_goal_pairs?: { trigger_goal: Types.ObjectId; exclusive_goal?: Types.ObjectId | null }[];
  trigger_private_goal?: Types.ObjectId | null;
  rtc_sources?: { publisher_id: string; kind: string; track: string; since: Date }[];
  created_at?: Date;
}

const reference = Schema.Types.ObjectId;

export const sessionSchema = new Schema<SessionRecord>(
  {
    user: { type: reference, required: true },
    active: { type: Boolean, default: true },
    show_goal_pairs: [{ _id: false, funding_goal: reference, show_goal: { type: reference, default: null } }],
    karaoke_goal: { type: reference, default: null },
    exclusive_goal_pairs: [
      { _id: false, trigger_goal: reference, exclusive_goal: { type: reference, default: null } },
    ],
    trigger_private_goal: { type: reference, default: null },
    rtc_sources: [{ _id: false, publisher_id: String, kind: String, track: String, since: Date }],
    created_at: Date,
  },
  { collection: 'session', versionKey: false },
);

sessionSchema.index({ user: 1, active: 1 });

export const SESSION_MODEL = 'Session';
