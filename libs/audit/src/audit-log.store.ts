import {
  beforeTime,
  type Caller,
  Clock,
  newId,
  type Page,
  pageByTime,
  type PageQuery,
  RequestContext,
  toObjectId,
  type Transaction,
} from '#platform';
import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { type Actor, AUDIT_MODEL, type AuditRecord } from './audit.schema.js';

/** Every act that has a line in the audit log. */
export const auditActs = [
  'cancel_goal',
  'edit_goal',
  'finish_show',
  'settle_goal',
  'void_contribution',
  'grant_access',
  'ban_access',
  'take_back_access',
  'end_session',
  'replay_job',
  'deny_tokens',
  'take_back_denial',
  'create_webhook',
  'edit_webhook',
  'rotate_webhook',
  'disable_webhook',
  'delete_webhook',
  'create_overlay_token',
  'revoke_overlay_token',
  'erase_user',
  'remove_message',
] as const;
export type AuditAct = (typeof auditActs)[number];

/** An act to be recorded. What it changed is said by the fields that changed; it must hold no secret. */
export interface AuditLine {
  act: AuditAct;
  actor: Actor;
  target: Record<string, string>;
  before?: Record<string, unknown> | null;
  after?: Record<string, unknown> | null;
  /** The request that asked for it; by default the one that runs now. */
  request_id?: string;
}

/** What the service does by itself. */
export const systemActor: Actor = { user_id: 'system', roles: [] };

/** What an operator does by the command line. */
export const cliActor: Actor = { user_id: 'cli', roles: [] };

/** The actor behind a request. */
export const actorOf = ({ userId, roles }: Caller): Actor => ({ user_id: userId, roles });

/** Which lines of the audit log are to be read; what is absent does not matter. */
export interface AuditFilter {
  actor?: string;
  act?: string;
  goal_id?: string;
  session_id?: string;
}

/**
 * Who did what: the collection `audit_log`. Lines are added and read; nothing removes them, and nothing changes them but the erasure
 * of a user's data, which puts a pseudonym in the place of the id.
 */
@Injectable()
export class AuditLog {
  constructor(
    @InjectModel(AUDIT_MODEL) private readonly lines: Model<AuditRecord>,
    private readonly clock: Clock,
  ) {}

  /**
   * Adds lines. Give the transaction of the act itself: then either both are stored or neither. For an act that is not in
   * MongoDB, record it before it is done: then a process that dies in between leaves a line too many, never one too few.
   */
  async record(lines: AuditLine | AuditLine[], transaction?: Transaction): Promise<void> {
    const all = [lines].flat();
    if (all.length === 0) return;
    const at = this.clock.now();
    const current = RequestContext.current?.requestId ?? null;
    await this.lines.collection.insertMany(
      all.map(({ act, actor: { user_id, roles }, target, before = null, after = null, request_id }) => ({
        _id: toObjectId(newId()),
        at,
        actor: { user_id, roles },
        act,
        target,
        before,
        after,
        request_id: request_id ?? current,
      })),
      { session: transaction },
    );
  }

  /** A page of the log, newest first. */
  async page<Item>(
    { actor, act, goal_id, session_id }: AuditFilter,
    { cursor, limit }: PageQuery,
    toItem: (record: AuditRecord) => Item,
  ): Promise<Page<Item>> {
    const found = await this.lines
      .find({
        ...(actor !== undefined && { 'actor.user_id': actor }),
        ...(act !== undefined && { act }),
        ...(goal_id !== undefined && { 'target.goal_id': goal_id }),
        ...(session_id !== undefined && { 'target.session_id': session_id }),
        ...beforeTime(cursor, 'at'),
      })
      .sort({ at: -1, _id: -1 })
      .limit(limit + 1)
      .lean<AuditRecord[]>();
    return pageByTime(found, limit, toItem, ({ at }) => at);
  }
}
