import { isDuplicateKey, isId, toObjectId, type Transaction, Transactions } from '#platform';
import { Injectable } from '@nestjs/common';
import { InjectConnection } from '@nestjs/mongoose';
import { type Collection, type Connection, mongo } from 'mongoose';
import { type ErasedUser, usersIn, withoutUser } from './personal-data.js';
import type { Place } from './places.js';

/** Documents that one step looks at: a range of `_id`, so that a collection of any size is worked off in short steps. */
const rangeSize = 5_000;

/** Documents that one call changes. */
const callSize = 500;

/** Says to whoever looks for slow queries that this one reads everything by intent, step by step. */
export const sweepComment = 'a sweep for the data of a user';

type Document = Record<string, unknown> & { _id: unknown };

/** A range of the documents of a collection, in the order of `_id`. */
export interface Range {
  /** Behind this `_id`; null from the first. */
  after: unknown;
  /** Up to this one; null to the last. */
  to: unknown;
}

/** Notes in a transaction how many documents it changes. */
export type NoteChanged = (changed: number, transaction: Transaction) => Promise<void>;

/** Finds and changes documents about a user wherever they are: the collections of `places`. */
@Injectable()
export class PersonalDocuments {
  constructor(
    @InjectConnection() private readonly connection: Connection,
    private readonly transactions: Transactions,
  ) {}

  /** The range that begins behind an `_id`. */
  async range({ collection }: Place, after: unknown): Promise<Range> {
    const last = await this.of(collection)
      .find(rangeFilter({ after, to: null }), { projection: { _id: 1 }, comment: sweepComment })
      .sort({ _id: 1 })
      .skip(rangeSize - 1)
      .limit(1)
      .next();
    return { after, to: last?._id ?? null };
  }

  /** Everything in a place about a user, range by range, so that it can be of any size. */
  async *about(place: Place, userId: string): AsyncGenerator<Document> {
    for (let after: unknown = null; ;) {
      const range = await this.range(place, after);
      yield* this.find(place, range, userId);
      if (range.to === null) return;
      after = range.to;
    }
  }

  /** The users that a place names in a range. */
  async users(place: Place, range: Range, add: (userId: string) => void): Promise<void> {
    const { ids = [], references = [], json } = place;
    const named = [...ids, ...references.filter((path) => !path.includes('$'))];
    const projection = Object.fromEntries((json ? [json] : named).map((path) => [path, 1]));
    const found = this.of(place.collection).find(rangeFilter(range), { projection, comment: sweepComment });
    for await (const document of found) usersIn(json ? JSON.parse(String(document[json])) : document, add);
  }

  /**
   * Replaces a user in the documents of a range that came up to a moment, and has noted how many. May be repeated. Returns how many
   * could not be changed now, since somebody else was changing them.
   */
  async erase(place: Place, range: Range, user: ErasedUser, until: Date, note: NoteChanged): Promise<number> {
    let left = 0;
    let batch: Document[] = [];
    const flush = async () => {
      const changed = place.idFor
        ? await this.move(place, batch, user, note)
        : await this.change(place, batch, user, note);
      left += batch.length - changed;
      batch = [];
    };
    for await (const document of this.find(place, range, user.userId, until)) {
      batch.push(document);
      if (batch.length === callSize) await flush();
    }
    if (batch.length > 0) await flush();
    return left;
  }

  private find(place: Place, range: Range, userId: string, until?: Date): AsyncIterable<Document> {
    const { ids = [], references = [], json, at } = place;
    const quoted = JSON.stringify(userId).replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
    const named = [
      ...ids.map((path) => ({ [path]: userId })),
      ...(isId(userId) ? references.map((path) => ({ [path]: toObjectId(userId) })) : []),
      ...(json ? [{ [json]: { $regex: quoted } }] : []),
    ];
    // A user whose id is no ObjectId is in no reference.
    const filter = named.length > 0 ? { $or: named } : { _id: { $in: [] } };
    return this.of(place.collection).find(
      { $and: [rangeFilter(range), filter, ...(until ? [{ [at]: { $not: { $gt: until } } }] : [])] },
      { comment: sweepComment },
    );
  }

  /** Changes documents where they are, each only as it was read; returns how many. */
  private async change(
    place: Place,
    documents: Document[],
    user: ErasedUser,
    note: NoteChanged,
  ): Promise<number> {
    const { shardKey = [] } = place;
    const writes = documents.map((document) => {
      const next = eraseIn(place, document, user);
      const names = Object.keys(document).filter((name) => next[name] !== document[name]);
      const before = Object.fromEntries(names.map((name) => [name, document[name]]));
      const kept = Object.fromEntries(shardKey.map((name) => [name, document[name]]));
      const set = names.filter((name) => name in next).map((name) => [name, next[name]]);
      const unset = names.filter((name) => !(name in next)).map((name) => [name, '']);
      return {
        updateOne: {
          filter: { _id: document._id as never, ...kept, ...before },
          update: {
            ...(set.length > 0 && { $set: Object.fromEntries(set) }),
            ...(unset.length > 0 && { $unset: Object.fromEntries(unset) }),
          },
        },
      };
    });
    return this.transactions.run(async (session) => {
      const { matchedCount } = await this.of(place.collection).bulkWrite(writes, { ordered: false, session });
      await note(matchedCount, session);
      return matchedCount;
    });
  }

  /** Stores documents anew whose `_id` follows from the user; one with something to publish waits for that. */
  private async move(
    place: Place,
    documents: Document[],
    user: ErasedUser,
    note: NoteChanged,
  ): Promise<number> {
    let moved = 0;
    for (const document of documents) {
      if (document.unpublished) continue;
      if (document.user_id !== user.userId) {
        moved += await this.change(place, [document], user, note);
        continue;
      }
      const _id = toObjectId(place.idFor!(document, user.pseudonym));
      const next = { ...eraseIn(place, document, user), _id };
      moved += await this.transactions
        .run(async (session) => {
          const { _id: old, revision } = document;
          const { deletedCount } = await this.of(place.collection).deleteOne(
            { _id: old as never, revision },
            { session },
          );
          if (deletedCount > 0) await this.of(place.collection).insertOne(next, { session });
          await note(deletedCount, session);
          return deletedCount;
        })
        .catch((error: unknown) => {
          if (isDuplicateKey(error)) return 0;
          throw error;
        });
    }
    return moved;
  }

  private of(collection: string): Collection {
    return this.connection.collection(collection);
  }
}

function rangeFilter({ after, to }: Range) {
  return { _id: { $gt: after ?? new mongo.MinKey(), ...(to !== null && { $lte: to }) } as never };
}

/** A document without the user. */
function eraseIn({ json, drops }: Place, document: Document, user: ErasedUser): Document {
  if (json) {
    const text = String(document[json]);
    return { ...document, [json]: JSON.stringify(withoutUser<unknown>(JSON.parse(text), user)) };
  }
  const next = withoutUser(document, user);
  if (drops === undefined || document[drops] !== user.userId) return next;
  const { [drops]: _dropped, ...rest } = next;
  return rest as Document;
}
