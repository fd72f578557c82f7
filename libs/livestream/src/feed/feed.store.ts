import type { GoalClass, GoalContext } from '#contracts';
import { Batcher, batchOfWrites, beforeTime, insertAll, type Page, pageByTime, toObjectId } from '#platform';
import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { FEED_MODEL, type FeedRecord } from './feed.schema.js';

/** An entry to add to the feed of a stream. */
export interface FeedEntry {
  feedId: string;
  type: string;
  sessionId: string;
  streamerId: string;
  goalId: string;
  goalClass: GoalClass;
  context: GoalContext;
  at: Date;
}

/** All reads and writes of the collection `livestream_feed`. */
@Injectable()
export class FeedStore {
  private readonly inserts: Batcher<FeedRecord, boolean>;

  constructor(@InjectModel(FEED_MODEL) private readonly feed: Model<FeedRecord>) {
    this.inserts = new Batcher((records) => insertAll(feed.collection, records), batchOfWrites);
  }

  /** Adds an entry; an existing entry with this id is not changed. */
  async add(entry: FeedEntry): Promise<void> {
    await this.inserts.add({
      _id: toObjectId(entry.feedId),
      session: toObjectId(entry.sessionId),
      streamer: toObjectId(entry.streamerId),
      type: entry.type,
      goal: toObjectId(entry.goalId),
      payload: { _cls: entry.goalClass, context: entry.context },
      created_at: entry.at,
    });
  }

  /** A page of a session's feed, newest first. */
  async page<Item>(
    sessionId: string,
    { cursor, limit }: { cursor?: string; limit: number },
    toItem: (record: FeedRecord) => Item,
  ): Promise<Page<Item>> {
    const records = await this.feed
      .find({ session: toObjectId(sessionId), ...beforeTime(cursor, 'created_at') })
      .sort({ created_at: -1, _id: -1 })
      .limit(limit + 1)
      .lean<FeedRecord[]>();
    return pageByTime(records, limit, toItem, ({ created_at }) => created_at);
  }

  /** The ids of those entries that exist. */
  async existing(feedIds: string[]): Promise<Set<string>> {
    const found = await this.feed
      .find({ _id: { $in: feedIds.map(toObjectId) } }, { _id: 1 })
      .lean<Pick<FeedRecord, '_id'>[]>();
    return new Set(found.map(({ _id }) => _id.toHexString()));
  }
}
