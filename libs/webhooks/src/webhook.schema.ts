import { Schema, type Types } from 'mongoose';

/** A secret by which calls are signed. */
export interface WebhookSecret {
  secret: string;
  /** When it ends; null for the current one. */
  until: Date | null;
}

/** A receiver of events, as it is stored. */
export interface WebhookRecord {
  _id: Types.ObjectId;
  url: string;
  /** The types that it gets; null for all of them. */
  events: string[] | null;
  /** The only session whose events it gets; null for all. */
  session_id: string | null;
  enabled: boolean;
  disabled_reason: string | null;
  /** The current secret first. */
  secrets: WebhookSecret[];
  created_at: Date;
}

/** What became of a delivery. */
export const deliveryStatuses = ['pending', 'delivered', 'failed'] as const;
export type DeliveryStatus = (typeof deliveryStatuses)[number];

/** An event on its way to a receiver. */
export interface DeliveryRecord {
  /** Of webhook and event, so that each event goes to a receiver once. */
  _id: Types.ObjectId;
  webhook_id: Types.ObjectId;
  event_id: string;
  type: string;
  /** The goal that the event is about; a test is about none. */
  goal_id: string | null;
  /** The body of the call: the same at each attempt. */
  body: string;
  status: DeliveryStatus;
  attempts: number;
  /** When it is due. A process that attends to it moves this on, so that no other one does; null once it is over. */
  next_at: Date | null;
  last_attempt_at: Date | null;
  /** What the last attempt was answered; null if there was no answer. */
  last_status: number | null;
  last_error: string | null;
  created_at: Date;
  expires_at: Date;
}

/** Counts the changes of webhooks, so that a process knows when to read them again. */
export interface WebhookRevisionRecord {
  _id: string;
  changes: number;
}

export const webhookSchema = new Schema<WebhookRecord>(
  {
    url: { type: String, required: true },
    events: { type: [String], default: null },
    session_id: { type: String, default: null },
    enabled: { type: Boolean, required: true },
    disabled_reason: { type: String, default: null },
    secrets: { type: [{ _id: false, secret: String, until: Date }], required: true },
    created_at: { type: Date, required: true },
  },
  { collection: 'webhook', versionKey: false },
);
webhookSchema.index({ enabled: 1 });

export const deliverySchema = new Schema<DeliveryRecord>(
  {
    webhook_id: { type: Schema.Types.ObjectId, required: true },
    event_id: { type: String, required: true },
    type: { type: String, required: true },
    goal_id: { type: String, default: null },
    body: { type: String, required: true },
    status: { type: String, enum: deliveryStatuses, required: true },
    attempts: { type: Number, required: true },
    next_at: { type: Date, default: null },
    last_attempt_at: { type: Date, default: null },
    last_status: { type: Number, default: null },
    last_error: { type: String, default: null },
    created_at: { type: Date, required: true },
    expires_at: { type: Date, required: true },
  },
  { collection: 'webhook_delivery', versionKey: false },
);
deliverySchema.index({ next_at: 1, webhook_id: 1 }, { partialFilterExpression: { status: 'pending' } });
deliverySchema.index({ webhook_id: 1, created_at: -1, _id: -1 });
deliverySchema.index({ expires_at: 1 }, { expireAfterSeconds: 0 });

export const revisionSchema = new Schema<WebhookRevisionRecord>(
  { _id: { type: String, required: true }, changes: { type: Number, required: true } },
  { collection: 'webhook_revision', versionKey: false },
);

export const WEBHOOK_MODEL = 'Webhook';
export const DELIVERY_MODEL = 'WebhookDelivery';
export const REVISION_MODEL = 'WebhookRevision';
