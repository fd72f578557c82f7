import type { Actor } from '#audit';
import { type Caller, Clock, newId, ScopedTokens } from '#platform';
import { type SessionRecord, SessionStore } from '#sessions';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { OverlayTokenRecord } from './overlay-token.schema.js';
import { OverlayTokenStore } from './overlay-token.store.js';

/** What every overlay token begins with. */
const prefix = 'gpo_';

/** After the prefix, in base64url: 12 bytes of the session's id, 12 of the overlay's, 32 that are random. */
const form = /^gpo_[\w-]{75}$/;
const idBytes = 12;
const secretBytes = 32;

/** What an ended session's overlays still show its goals for. */
const afterEndMs = 24 * 3600_000;

/** A token that was revoked is refused after this on every api. Open streams look again each second. */
const checkedForMs = 1_000;
const mostChecked = 10_000;

type Check = Promise<(Caller & { scope: string }) | undefined>;

/** A new token, which is shown once and never again. */
export interface NewOverlayToken {
  record: OverlayTokenRecord;
  token: string;
}

/**
 * Tokens that read the goals and events of one session and nothing else, until they are revoked or the session is over for a
 * day. A token holds the id of its session, so that the overlay needs nothing besides.
 */
@Injectable()
export class OverlayTokens implements OnModuleInit {
  private readonly checks = new Map<string, { result: Check; at: number }>();

  constructor(
    private readonly store: OverlayTokenStore,
    private readonly sessions: SessionStore,
    private readonly scoped: ScopedTokens,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.scoped.register({ prefix, find: (token) => this.find(token) });
  }

  /** Makes a token for a session. */
  async create(sessionId: string, actor: Actor): Promise<NewOverlayToken> {
    const overlayId = newId();
    const bytes = [Buffer.from(sessionId, 'hex'), Buffer.from(overlayId, 'hex'), randomBytes(secretBytes)];
    const token = prefix + Buffer.concat(bytes).toString('base64url');
    return { token, record: await this.store.add({ overlayId, sessionId, hash: hashOf(token) }, actor) };
  }

  /** The reader behind a token; undefined if it does not hold. What was found out counts for a second. */
  private find(token: string): Check {
    const now = performance.now();
    const known = this.checks.get(token);
    if (known && now - known.at < checkedForMs) return known.result;
    if (this.checks.size >= mostChecked) this.checks.clear();
    const result = this.check(token);
    this.checks.set(token, { result, at: now });
    // What could not be found out is asked again.
    result.catch(() => this.checks.delete(token));
    return result;
  }

  private async check(token: string): Check {
    if (!form.test(token)) return undefined;
    const bytes = Buffer.from(token.slice(prefix.length), 'base64url');
    const sessionId = bytes.toString('hex', 0, idBytes);
    const overlayId = bytes.toString('hex', idBytes, 2 * idBytes);
    const [record, session] = await Promise.all([this.store.find(overlayId), this.sessions.find(sessionId)]);
    if (!record || !session || record.session_id !== sessionId) return undefined;
    if (!timingSafeEqual(Buffer.from(record.token_hash, 'hex'), Buffer.from(hashOf(token), 'hex')))
      return undefined;
    const expiresAt = expiryOf(session);
    if (expiresAt && expiresAt <= this.clock.now()) return undefined;
    return { userId: `overlay:${overlayId}`, roles: [], scope: sessionId };
  }
}

/** Until when the tokens of a session hold: a day after its end; undefined while it runs. */
export function expiryOf({ active, ended_at, closed_at }: SessionRecord): Date | undefined {
  const endedAt = active === false ? (ended_at ?? closed_at) : undefined;
  return endedAt && new Date(endedAt.getTime() + afterEndMs);
}

const hashOf = (token: string) => createHash('sha256').update(token).digest('hex');
