import { type Actor, type AuditAct, AuditLog, systemActor } from '#audit';
import {
  afterId,
  Batcher,
  batchOfReads,
  Clock,
  newId,
  toObjectId,
  type Transaction,
  Transactions,
} from '#platform';
import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { randomBytes } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import type { Model } from 'mongoose';
import {
  REVISION_MODEL,
  WEBHOOK_MODEL,
  type WebhookRecord,
  type WebhookRevisionRecord,
  type WebhookSecret,
} from './webhook.schema.js';

/** What a caller may say of a webhook. */
export type WebhookFields = Pick<WebhookRecord, 'url' | 'events' | 'session_id'>;

/** What may be changed later. */
export type WebhookChanges = Partial<Pick<WebhookRecord, 'url' | 'events' | 'enabled'>>;

const revisionId = 'webhooks';
const oldSecretLastsMs = 24 * 3600_000;

/** A webhook that is rotated again and again keeps so many old secrets: each makes a signature more. */
const mostOldSecrets = 4;

/** For how long a process takes for granted which webhooks are enabled. */
const knownForMs = 100;

/**
 * All reads and writes of the collection `webhook`. Each change has its line in the audit log, which holds no secret. It is over
 * once every process has to know it: a webhook gets every event from the moment at which its creation is answered.
 */
@Injectable()
export class WebhookStore {
  private known?: { changes: number; webhooks: Map<string, WebhookRecord>; asOf: number };
  private readonly revisions = new Batcher<void, number>(async (asked) => {
    const changes = await this.changes();
    return asked.map(() => ({ value: changes }));
  }, batchOfReads);

  constructor(
    @InjectModel(WEBHOOK_MODEL) private readonly webhooks: Model<WebhookRecord>,
    @InjectModel(REVISION_MODEL) private readonly revision: Model<WebhookRevisionRecord>,
    private readonly transactions: Transactions,
    private readonly audit: AuditLog,
    private readonly clock: Clock,
  ) {}

  /** Creates a webhook with a new secret. */
  async create(fields: WebhookFields, actor: Actor): Promise<WebhookRecord> {
    const webhook: WebhookRecord = {
      _id: toObjectId(newId()),
      ...fields,
      enabled: true,
      disabled_reason: null,
      secrets: [{ secret: newSecret(), until: null }],
      created_at: this.clock.now(),
    };
    await this.change('create_webhook', actor, null, async (transaction) => {
      await this.webhooks.collection.insertOne({ ...webhook }, { session: transaction });
      return webhook;
    });
    return webhook;
  }

  /** The webhook, or null if there is none. */
  async find(webhookId: string): Promise<WebhookRecord | null> {
    return this.webhooks.findById(toObjectId(webhookId)).lean<WebhookRecord | null>();
  }

  /** Up to `limit` webhooks after a cursor, the oldest first. */
  async list(cursor: string | undefined, limit: number): Promise<WebhookRecord[]> {
    return this.webhooks.find(afterId(cursor)).sort({ _id: 1 }).limit(limit).lean<WebhookRecord[]>();
  }

  /** Changes fields; null if there is no such webhook. One that is enabled again has no reason to be disabled. */
  async edit(webhookId: string, changes: WebhookChanges, actor: Actor): Promise<WebhookRecord | null> {
    const reason =
      changes.enabled === undefined
        ? {}
        : { disabled_reason: changes.enabled ? null : 'disabled by a request' };
    return this.update('edit_webhook', actor, { _id: toObjectId(webhookId) }, () => ({
      ...changes,
      ...reason,
    }));
  }

  /** Gives it a new secret; the old one signs, too, for a day. Null if there is no such webhook. */
  async rotate(webhookId: string, actor: Actor): Promise<WebhookRecord | null> {
    return this.update('rotate_webhook', actor, { _id: toObjectId(webhookId) }, ({ secrets }) => {
      const now = this.clock.now();
      const until = new Date(now.getTime() + oldSecretLastsMs);
      const old = secretsAt(secrets, now).map((one) => ({ ...one, until: one.until ?? until }));
      return { secrets: [{ secret: newSecret(), until: null }, ...old.slice(0, mostOldSecrets)] };
    });
  }

  /** Disables a webhook whose receiver is gone. Does nothing if it is disabled already. */
  async disable(webhookId: string, disabled_reason: string): Promise<void> {
    const filter = { _id: toObjectId(webhookId), enabled: true };
    await this.update('disable_webhook', systemActor, filter, () => ({ enabled: false, disabled_reason }));
  }

  /** Whether there was such a webhook. */
  async delete(webhookId: string, actor: Actor): Promise<boolean> {
    return this.inForce(async (transaction) => {
      const before = await this.webhooks
        .findOneAndDelete({ _id: toObjectId(webhookId) })
        .session(transaction)
        .lean<WebhookRecord | null>();
      if (!before) return false;
      await this.note('delete_webhook', actor, before, null, transaction);
      return true;
    });
  }

  /**
   * The enabled webhooks by their ids, as they were `knownForMs` ago at the longest. They are read again only after a change;
   * whether there was one is asked once in that time.
   */
  async enabled(): Promise<ReadonlyMap<string, WebhookRecord>> {
    const asOf = performance.now();
    if (this.known && asOf - this.known.asOf < knownForMs) return this.known.webhooks;
    const changes = await this.revisions.add();
    if (this.known?.changes === changes) {
      this.known.asOf = Math.max(this.known.asOf, asOf);
      return this.known.webhooks;
    }
    const found = await this.webhooks.find({ enabled: true }).lean<WebhookRecord[]>();
    const webhooks = new Map(found.map((webhook) => [webhook._id.toHexString(), webhook]));
    this.known = { changes, webhooks, asOf };
    return webhooks;
  }

  private async changes(): Promise<number> {
    const revision = await this.revision.findById(revisionId).lean<WebhookRevisionRecord | null>();
    return revision?.changes ?? 0;
  }

  private async update(
    act: AuditAct,
    actor: Actor,
    filter: object,
    changesOf: (webhook: WebhookRecord) => Partial<WebhookRecord>,
  ): Promise<WebhookRecord | null> {
    return this.inForce(async (transaction) => {
      const before = await this.webhooks.findOne(filter).session(transaction).lean<WebhookRecord | null>();
      if (!before) return null;
      const changes = changesOf(before);
      await this.webhooks.updateOne({ _id: before._id }, { $set: changes }, { session: transaction });
      const after = { ...before, ...changes };
      await this.note(act, actor, before, after, transaction);
      return after;
    });
  }

  private async change(
    act: AuditAct,
    actor: Actor,
    before: WebhookRecord | null,
    work: (transaction: Transaction) => Promise<WebhookRecord>,
  ): Promise<void> {
    await this.inForce(async (transaction) => {
      await this.note(act, actor, before, await work(transaction), transaction);
      return true;
    });
  }

  /** Makes a change, if there is one to make; resolves once no process goes by what was before it. */
  private async inForce<Result>(change: (transaction: Transaction) => Promise<Result>): Promise<Result> {
    const changed = await this.transactions.run(change);
    if (changed) await setTimeout(knownForMs);
    return changed;
  }

  /** Counts the change and records it. */
  private async note(
    act: AuditAct,
    actor: Actor,
    before: WebhookRecord | null,
    after: WebhookRecord | null,
    transaction: Transaction,
  ): Promise<void> {
    await this.revision.collection.updateOne(
      { _id: revisionId as never },
      { $inc: { changes: 1 } },
      { upsert: true, session: transaction },
    );
    const { _id, session_id } = (before ?? after)!;
    const target = { webhook_id: _id.toHexString(), ...(session_id && { session_id }) };
    await this.audit.record({ act, actor, target, before: shown(before), after: shown(after) }, transaction);
  }
}

/** The secrets that sign at a moment. */
export function secretsAt(secrets: WebhookSecret[], now: Date): WebhookSecret[] {
  return secrets.filter(({ until }) => until === null || until > now);
}

function newSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`;
}

/** What the audit log may hold: a path or a query may be a secret. */
function shown(webhook: WebhookRecord | null): Record<string, unknown> | null {
  if (!webhook) return null;
  const { url, events, enabled, disabled_reason, secrets } = webhook;
  return { origin: new URL(url).origin, events, enabled, disabled_reason, secrets: secrets.length };
}
