import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { Clock } from '../mongo/clock.js';
import { idFrom, toObjectId } from '../mongo/object-id.js';
import { beforeTime, type Page, pageByTime } from '../mongo/paging.js';
import type { Transaction } from '../mongo/transactions.js';
import { TOKEN_DENIAL_MODEL, type TokenDenialRecord } from './token-denial.schema.js';

/** How long a denial that was taken back is kept. It must be longer than processes go without reading all denials. */
const removedKeptMs = 3_600_000;

/** Which tokens are to be refused. */
export type DeniedSubject = { jti: string } | { user_id: string; issued_before: Date };

/** Why, for how long and by whom. */
export type DenialTerms = Pick<TokenDenialRecord, 'reason' | 'denied_by' | 'expires_at'>;

/** The id of the denial of a `jti` or a user. A denial is known by it alone once its user is erased. */
export const denialIdOf = (subject: { jti: string } | { user_id: string }): string =>
  'jti' in subject
    ? idFrom('token_denial', 'jti', subject.jti)
    : idFrom('token_denial', 'user', subject.user_id);

/** All reads and writes of the collection `token_denial`. */
@Injectable()
export class TokenDenialStore {
  constructor(
    @InjectModel(TOKEN_DENIAL_MODEL) private readonly denials: Model<TokenDenialRecord>,
    private readonly clock: Clock,
  ) {}

  /**
   * Denies tokens. There is one denial for a `jti` or a user: a further one for the same user never denies less tokens, and has
   * the terms of the last one. Returns it as it was and as it is.
   */
  async deny(
    subject: DeniedSubject,
    { reason, denied_by, expires_at }: DenialTerms,
    transaction: Transaction,
  ): Promise<{ before: TokenDenialRecord | null; after: TokenDenialRecord }> {
    const now = this.clock.now();
    const _id = toObjectId(denialIdOf(subject));
    const known = await this.denials.findById(_id).session(transaction).lean<TokenDenialRecord>();
    const before = known?.removed ? null : known;
    const earlier = before?.issued_before;
    const after: TokenDenialRecord = {
      _id,
      ...subject,
      ...('issued_before' in subject &&
        earlier &&
        earlier > subject.issued_before && { issued_before: earlier }),
      reason,
      denied_by,
      denied_at: now,
      ...(expires_at && { expires_at }),
      changed_at: now,
    };
    await this.denials.collection.replaceOne({ _id }, after, { upsert: true, session: transaction });
    return { before, after };
  }

  /** Takes a denial back. Returns it as it was, null if there is none. */
  async remove(denialId: string, transaction: Transaction): Promise<TokenDenialRecord | null> {
    const now = this.clock.now();
    return this.denials
      .findOneAndUpdate(
        { _id: toObjectId(denialId), removed: null },
        {
          $set: { removed: true, changed_at: now, expires_at: new Date(now.getTime() + removedKeptMs) },
        },
        { returnDocument: 'before', session: transaction },
      )
      .lean<TokenDenialRecord>();
  }

  /** A page of the denials, newest first. */
  async page<Item>(
    { cursor, limit }: { cursor?: string; limit: number },
    toItem: (denial: TokenDenialRecord) => Item,
  ): Promise<Page<Item>> {
    const found = await this.denials
      .find({ removed: null, ...beforeTime(cursor, 'denied_at') })
      .sort({ denied_at: -1, _id: -1 })
      .limit(limit + 1)
      .lean<TokenDenialRecord[]>();
    return pageByTime(found, limit, toItem, ({ denied_at }) => denied_at);
  }

  /** What was denied or taken back since a moment. */
  changedSince(moment: Date): Promise<TokenDenialRecord[]> {
    return this.denials.find({ changed_at: { $gte: moment } }).lean<TokenDenialRecord[]>();
  }

  /** Every denial. */
  all(): Promise<TokenDenialRecord[]> {
    return this.denials.find({ removed: null }).lean<TokenDenialRecord[]>();
  }
}
