import { Schema, type Types } from 'mongoose';

/** Who did something: a user, by the token; or the service itself or its command line, which have no roles. */
export interface Actor {
  user_id: string;
  roles: string[];
}

/** A line of the audit log as it is stored. */
export interface AuditRecord {
  _id: Types.ObjectId;
  at: Date;
  actor: Actor;
  /** One of `auditActs`, or an act that only another release knows. */
  act: string;
  /** The ids of what it was done to, by their names: `goal_id`, `session_id`, `user_id` and so on. */
  target: Record<string, string>;
  /** What was changed, as it was and as it is since; null for what was not there. */
  before: Record<string, unknown> | null;
  after: Record<string, unknown> | null;
  /** Of the request that asked for it; null if no request did. */
  request_id: string | null;
}

export const auditSchema = new Schema<AuditRecord>(
  {
    at: { type: Date, required: true },
    actor: { user_id: String, roles: [String] },
    act: { type: String, required: true },
    target: {},
    before: {},
    after: {},
    request_id: String,
  },
  { collection: 'audit_log', versionKey: false, minimize: false },
);
const newestFirst = { at: -1, _id: -1 } as const;
auditSchema.index(newestFirst);
for (const field of ['actor.user_id', 'act', 'target.goal_id', 'target.session_id'])
  auditSchema.index({ [field]: 1, ...newestFirst });

export const AUDIT_MODEL = 'AuditLine';
