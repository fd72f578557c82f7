import { pairLists, slotFields } from '#contracts';
import {
  Batcher,
  batchOfReads,
  findByIds,
  firstIdOf,
  inBatches,
  isId,
  problemKind,
  toObjectId,
  type Transaction,
} from '#platform';
import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model, Types } from 'mongoose';
import {
  readSession,
  refersTo,
  SESSION_MODEL,
  type SessionRecord,
  type StoredSession,
  unclosed,
} from './session.schema.js';

/** Sessions older than that by their end are not looked at. */
const closedForMs = 48 * 3600_000;

const batchOfClosed = 200;

/** Of so many sessions the streamer is remembered. */
const mostStreamers = 10_000;

/** All reads and writes of the collection `session`, except the bindings, which BindingStore writes. */
@Injectable()
export class SessionStore {
  private readonly reads: Batcher<Types.ObjectId, StoredSession | null>;
  private readonly streamers = new Map<string, string>();

  constructor(@InjectModel(SESSION_MODEL) private readonly sessions: Model<SessionRecord>) {
    this.reads = new Batcher((ids) => findByIds(sessions.collection, ids), batchOfReads);
  }

  /** Opens a session of this streamer; an existing session with this id is returned unchanged. */
  async open(sessionId: string, streamerId: string): Promise<SessionRecord> {
    const { _id, ...fields }: SessionRecord = {
      _id: toObjectId(sessionId),
      user: toObjectId(streamerId),
      active: true,
      ...Object.fromEntries(Object.keys(pairLists).map((list) => [list, []])),
      ...Object.fromEntries(slotFields.map((field) => [field, null])),
      rtc_sources: [],
      created_at: new Date(),
    };
    const stored = await this.sessions.collection.findOneAndUpdate(
      { _id },
      { $setOnInsert: fields },
      { upsert: true, returnDocument: 'after' },
    );
    return readSession(stored as StoredSession);
  }

  /** The session, or null if there is none. */
  async find(sessionId: string): Promise<SessionRecord | null> {
    const stored = await this.reads.add(toObjectId(sessionId));
    return stored && readSession(stored);
  }

  /** The id of the streamer of a session, which never changes; undefined if there is no such session. */
  async streamerOf(sessionId: string): Promise<string | undefined> {
    const known = this.streamers.get(sessionId);
    if (known !== undefined) return known;
    const session = await this.find(sessionId);
    if (!session) return undefined;
    const streamerId = session.user.toHexString();
    // A Map keeps the order of insertion, so the first key is the oldest.
    if (this.streamers.size >= mostStreamers) this.streamers.delete(this.streamers.keys().next().value!);
    this.streamers.set(sessionId, streamerId);
    return streamerId;
  }

  /** So many of the newest sessions. */
  async newest(count: number): Promise<SessionRecord[]> {
    const found = await this.sessions.find().sort({ _id: -1 }).limit(count).lean<StoredSession[]>();
    return found.map(readSession);
  }

  /** Those of these sessions that have ended, read in the transaction. */
  async endedOf(sessionIds: string[], transaction: Transaction): Promise<string[]> {
    const ended = await this.sessions
      .find({ _id: { $in: sessionIds.map(toObjectId) }, active: false }, { _id: 1 })
      .session(transaction)
      .lean<Pick<SessionRecord, '_id'>[]>();
    return ended.map(({ _id }) => _id.toHexString());
  }

  /** Ends a session, so that it accepts no new goals. False if it had ended before, or there is none. */
  async end(sessionId: string, transaction: Transaction): Promise<boolean> {
    const { modifiedCount } = await this.sessions.collection.updateOne(
      { _id: toObjectId(sessionId), active: { $ne: false } },
      { $set: { active: false, ended_at: new Date() } },
      { session: transaction },
    );
    return modifiedCount === 1;
  }

  /** Stores that all goals of an ended session are closed. */
  async markClosed(sessionId: string): Promise<void> {
    await this.sessions.updateOne({ _id: toObjectId(sessionId) }, { $set: { closed_at: new Date() } });
  }

  /** Has sessions closed once more that were closed since a moment, of those that are not much older. */
  async reopenClosed(since: Date): Promise<void> {
    const oldest = firstIdOf(new Date(since.getTime() - closedForMs));
    const closed = this.sessions
      .find({ _id: { $gte: oldest }, active: false, closed_at: { $gte: since } }, { _id: 1 })
      .lean<Pick<SessionRecord, '_id'>>();
    for await (const sessions of inBatches(closed.cursor(), batchOfClosed))
      await this.sessions.updateMany(
        { _id: { $in: sessions.map(({ _id }) => _id) }, closed_at: { $gte: since } },
        { $unset: { closed_at: 1 } },
      );
  }

  /** Ids of ended sessions that may have open goals, from the first after an id. */
  async unclosed(after: string | undefined, limit: number): Promise<string[]> {
    const sessions = await this.sessions
      .find({ ...unclosed, ...(after && { _id: { $gt: toObjectId(after) } }) }, { _id: 1 })
      .sort({ _id: 1 })
      .limit(limit)
      .lean<Pick<SessionRecord, '_id'>[]>();
    return sessions.map(({ _id }) => _id.toHexString());
  }

  /** Ids of all funding goals in the active sessions of a streamer. */
  async fundingGoalsOf(streamerId: string): Promise<string[]> {
    const filter = { ...refersTo('user', toObjectId(streamerId)), active: { $ne: false } };
    const sessions = await this.sessions.collection
      .find<StoredSession>(filter, { projection: { show_goal_pairs: 1 } })
      .toArray();
    return sessions.flatMap((stored) =>
      (readSession(stored).show_goal_pairs ?? []).map(({ funding_goal }) => funding_goal.toHexString()),
    );
  }

  /** The id of the newest running session of a streamer; undefined if none is running. */
  async newestRunningOf(streamerId: string): Promise<string | undefined> {
    const filter = { ...refersTo('user', toObjectId(streamerId)), active: { $ne: false } };
    const session = await this.sessions.collection.findOne(filter, {
      projection: { _id: 1 },
      sort: { _id: -1 },
    });
    return session?._id.toHexString();
  }

  /** Whether a streamer has a running session; with a moment, one that was opened by then. */
  async hasRunning(streamerId: string, before?: Date): Promise<boolean> {
    const running = { ...refersTo('user', toObjectId(streamerId)), active: { $ne: false } };
    const filter = { ...running, ...(before && { created_at: { $not: { $gt: before } } }) };
    return (await this.sessions.collection.findOne(filter, { projection: { _id: 1 } })) !== null;
  }

  /** The existing sessions with these ids. */
  async findAll(sessionIds: string[]): Promise<SessionRecord[]> {
    const ids = sessionIds.map(toObjectId);
    return (await this.sessions.find({ _id: { $in: ids } }).lean<StoredSession[]>()).map(readSession);
  }
}

export const sessionNotFound = problemKind(404, 'session_not_found', 'There is no such session');
export const notYourSession = problemKind(403, 'not_your_session', 'The session belongs to another streamer');
export const sessionEnded = problemKind(409, 'session_ended', 'The session has ended');

/** Reads sessions for requests. */
@Injectable()
export class SessionReader {
  constructor(private readonly sessions: SessionStore) {}

  /** Returns the session, or throws the problem session_not_found. */
  async get(sessionId: string): Promise<SessionRecord> {
    const session = isId(sessionId) ? await this.sessions.find(sessionId) : null;
    if (!session) throw sessionNotFound(`There is no session ${sessionId}.`);
    return session;
  }
}
