import { pairLists, type SlotField, slotFields } from '#contracts';
import { mongo, Schema, type Types } from 'mongoose';

/** A session as it is stored; older documents can lack any field except `user`. */
export interface SessionRecord extends Partial<Record<SlotField, Types.ObjectId | null>> {
  _id: Types.ObjectId;
  user: Types.ObjectId;
  active?: boolean;
  /** When it was ended; older documents lack it. */
  ended_at?: Date;
  /** When all goals of the ended session were closed; older documents lack it. */
  closed_at?: Date;
  show_goal_pairs?: { funding_goal: Types.ObjectId; show_goal?: Types.ObjectId | null }[];
  exclusive_goal_pairs?: { trigger_goal: Types.ObjectId; exclusive_goal?: Types.ObjectId | null }[];
  rtc_sources?: { publisher_id: string; kind: string; track: string; since: Date }[];
  created_at?: Date;
}

/** A session as the database returns it: older documents can hold a DBRef in place of an id. */
export type StoredSession = Pick<SessionRecord, '_id'> & Record<string, unknown>;

/** Replaces each DBRef in a stored session by its id. */
export function readSession(stored: StoredSession): SessionRecord {
  return withIds(stored) as SessionRecord;
}

function withIds(value: unknown): unknown {
  if (value instanceof mongo.DBRef) return value.oid;
  if (Array.isArray(value)) return value.map(withIds);
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype)
    return value;
  return Object.fromEntries(Object.entries(value).map(([name, child]) => [name, withIds(child)]));
}

/** The filter for a reference to this id, as id or DBRef. */
export const refersTo = (path: string, id: Types.ObjectId) => ({
  $or: [{ [path]: id }, { [`${path}.$id`]: id }],
});

/** The filter for ended sessions that may still have open goals. */
export const unclosed = { active: false, closed_at: null };

const reference = Schema.Types.ObjectId;
const empty = { type: reference, default: null };
const pairs = Object.entries(pairLists).map(([list, [first, second]]) => [
  list,
  [{ _id: false, [first]: reference, [second]: empty }],
]);

export const sessionSchema = new Schema<SessionRecord>(
  {
    user: { type: reference, required: true },
    active: { type: Boolean, default: true },
    ended_at: Date,
    closed_at: Date,
    ...(Object.fromEntries(pairs) as object),
    ...Object.fromEntries(slotFields.map((field) => [field, empty])),
    rtc_sources: [{ _id: false, publisher_id: String, kind: String, track: String, since: Date }],
    created_at: Date,
  },
  { collection: 'session', versionKey: false },
);

sessionSchema.index({ user: 1, active: 1 });
sessionSchema.index({ active: 1, _id: 1 }, { partialFilterExpression: unclosed });
sessionSchema.index({ 'user.$id': 1 }, { sparse: true });

/** Whether the schema has a default for a field. */
export function hasDefault(field: string): boolean {
  const path = sessionSchema.path(field) as { getDefault?: () => unknown } | undefined;
  return path?.getDefault?.() !== undefined;
}

export const SESSION_MODEL = 'Session';
