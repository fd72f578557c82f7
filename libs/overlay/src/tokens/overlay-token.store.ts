import { type Actor, AuditLog } from '#audit';
import {
  Batcher,
  batchOfReads,
  beforeTime,
  Clock,
  findByIds,
  type Page,
  pageByTime,
  type PageQuery,
  toObjectId,
  Transactions,
} from '#platform';
import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model, Types } from 'mongoose';
import { OVERLAY_TOKEN_MODEL, type OverlayTokenRecord } from './overlay-token.schema.js';

/** All reads and writes of the collection `overlay_token`. Each change has its line in the audit log, without the token. */
@Injectable()
export class OverlayTokenStore {
  private readonly reads: Batcher<Types.ObjectId, OverlayTokenRecord | null>;

  constructor(
    @InjectModel(OVERLAY_TOKEN_MODEL) private readonly tokens: Model<OverlayTokenRecord>,
    private readonly transactions: Transactions,
    private readonly audit: AuditLog,
    private readonly clock: Clock,
  ) {
    this.reads = new Batcher((ids) => findByIds(tokens.collection, ids), batchOfReads);
  }

  /** Stores a token of a session. */
  async add(
    token: { overlayId: string; sessionId: string; hash: string },
    actor: Actor,
  ): Promise<OverlayTokenRecord> {
    const record: OverlayTokenRecord = {
      _id: toObjectId(token.overlayId),
      session_id: token.sessionId,
      token_hash: token.hash,
      created_by: actor.user_id,
      created_at: this.clock.now(),
    };
    await this.transactions.run(async (transaction) => {
      await this.tokens.collection.insertOne({ ...record }, { session: transaction });
      const line = { act: 'create_overlay_token' as const, actor, target: targetOf(record) };
      await this.audit.record({ ...line, after: {} }, transaction);
    });
    return record;
  }

  /** Removes a token of a session, so that it holds no longer; false if there is none. */
  revoke(sessionId: string, overlayId: string, actor: Actor): Promise<boolean> {
    return this.transactions.run(async (transaction) => {
      const filter = { _id: toObjectId(overlayId), session_id: sessionId };
      const { deletedCount } = await this.tokens.collection.deleteOne(filter, { session: transaction });
      if (deletedCount === 0) return false;
      const target = { session_id: sessionId, overlay_id: overlayId };
      await this.audit.record({ act: 'revoke_overlay_token', actor, target, before: {} }, transaction);
      return true;
    });
  }

  /** The token with this id, or null if there is none. */
  find(overlayId: string): Promise<OverlayTokenRecord | null> {
    return this.reads.add(toObjectId(overlayId));
  }

  /** A page of the tokens of a session, newest first. */
  async page<Item>(
    sessionId: string,
    { cursor, limit }: PageQuery,
    toItem: (token: OverlayTokenRecord) => Item,
  ): Promise<Page<Item>> {
    const found = await this.tokens
      .find({ session_id: sessionId, ...beforeTime(cursor, 'created_at') })
      .sort({ created_at: -1, _id: -1 })
      .limit(limit + 1)
      .lean<OverlayTokenRecord[]>();
    return pageByTime(found, limit, toItem, ({ created_at }) => created_at);
  }
}

function targetOf({ _id, session_id }: OverlayTokenRecord): Record<string, string> {
  return { session_id, overlay_id: _id.toHexString() };
}
