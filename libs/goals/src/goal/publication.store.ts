import { goalClasses } from '#contracts';
import { inBatches, newId, toObjectId } from '#platform';
import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { areKnown, knownOutbox, type OutboxEntry } from './goal-changed.event.js';
import { changedNow, GOAL_MODEL, type GoalRecord, type Publication, storedClasses } from './goal.schema.js';
import { classOf } from './goal.view.js';

/** What another release wrote in another form is for a process of that release. */
const readable = { _cls: { $in: storedClasses(...goalClasses) }, ...knownOutbox };

/** So many goals are found at once. */
const batchOfUnpublished = 500;

/** A publication that has begun, and of which goal. */
export interface OpenPublication extends Publication {
  goalId: string;
}

/** Begins and ends the publications of goals, many in a call, and finds goals that have something to publish. */
@Injectable()
export class PublicationStore {
  constructor(@InjectModel(GOAL_MODEL) private readonly goals: Model<GoalRecord>) {}

  /**
   * Begins to publish what goals have to publish, or continues what this publisher, or one that has been at it for longer than
   * `leaseMs`, had begun: then with the snapshot that was taken first, whatever has happened since. `busy` are those at which
   * another publisher is, `unknown` those that this release cannot read.
   */
  async open(
    goalIds: string[],
    publisher: string,
    leaseMs: number,
  ): Promise<{ open: OpenPublication[]; busy: string[]; unknown: string[] }> {
    const _id = { $in: goalIds.map(toObjectId) };
    const isGone = { $lt: ['$publication.taken_at', { $subtract: ['$$NOW', leaseMs] }] };
    const taken = { publisher: { $literal: publisher }, taken_at: '$$NOW', taking: newId() };
    await this.goals.collection.updateMany(
      {
        _id,
        unpublished: true,
        ...readable,
        $or: [{ publication: { $exists: false } }, { 'publication.publisher': publisher }, { $expr: isGone }],
      },
      [
        {
          $set: {
            publication: { $mergeObjects: [{ occurred_at: '$$NOW', goal: '$$ROOT' }, '$publication', taken] },
          },
        },
      ],
      // The index on unpublished would have it read all that others publish.
      { hint: { _id: 1 } },
    );
    const found = await this.goals
      .find({ _id }, { _cls: 1, unpublished: 1, publication: 1, 'outbox.v': 1, 'outbox.type': 1 })
      .lean<GoalRecord[]>();
    const open: OpenPublication[] = [];
    const busy: string[] = [];
    const unknown: string[] = [];
    for (const { _id: goal, _cls, unpublished, publication, outbox = [] } of found) {
      const goalId = goal.toHexString();
      if (!unpublished) continue;
      if (!classOf({ _cls }) || !areKnown(outbox)) unknown.push(goalId);
      else if (publication?.publisher === publisher) open.push({ goalId, ...publication });
      else busy.push(goalId);
    }
    return { open, busy, unknown };
  }

  /**
   * Notes that publications are made, all of them by one update: what it writes stands in the documents. Returns the goals that
   * have more to publish by now, and what they count. May be repeated.
   */
  async close(publications: OpenPublication[]): Promise<{ goalId: string; unit?: string }[]> {
    if (publications.length === 0) return [];
    const _id = { $in: publications.map(({ goalId }) => toObjectId(goalId)) };
    const taking = { $in: [...new Set(publications.map((publication) => publication.taking))] };
    await this.goals.collection.updateMany({ _id, 'publication.taking': taking }, closing, {
      hint: { _id: 1 },
    });
    const found = await this.goals
      .find({ _id }, { unit: 1, unpublished: 1 })
      .lean<Pick<GoalRecord, '_id' | 'unit' | 'unpublished'>[]>();
    const more = found.filter(({ unpublished }) => unpublished);
    return more.map(({ _id: goal, unit }) => ({ goalId: goal.toHexString(), unit }));
  }

  /** Has entries, and perhaps all progress, of a goal published again. */
  async publishAgain(goalId: string, entries: OutboxEntry[], withProgress: boolean): Promise<void> {
    await this.goals.collection.updateOne({ _id: toObjectId(goalId) }, {
      $set: changedNow(),
      $inc: { version: 1 },
      ...(entries.length > 0 && { $push: { outbox: { $each: entries } } }),
      ...(withProgress && { $unset: { published: 1, published_level: 1 } }),
    } as object);
  }

  /** Ids of goals that have something to publish, in batches. */
  async *unpublished(): AsyncGenerator<string[]> {
    const goals = this.goals
      .find({ unpublished: true, ...readable }, { _id: 1 })
      .lean<Pick<GoalRecord, '_id'>>()
      .cursor({ batchSize: batchOfUnpublished });
    for await (const batch of inBatches(goals, batchOfUnpublished))
      yield batch.map(({ _id }) => _id.toHexString());
  }
}

const sizeOf = (outbox: string) => ({ $size: { $ifNull: [outbox, []] } });
const [size, publishedSize] = [sizeOf('$outbox'), sizeOf('$publication.goal.outbox')];
const isSame = { $eq: ['$version', '$publication.goal.version'] };
const countOf = (field: string) => ({ $ifNull: [`$publication.goal.${field}`, 0] });

/** The write that ends a publication: what was published is what it has kept of the goal. */
const closing = [
  {
    $set: {
      published_level: {
        $max: ['$published_level', { $ifNull: ['$publication.goal.peak_level', countOf('level')] }],
      },
      published: {
        progress: countOf('progress'),
        level: countOf('level'),
        late_tickets: countOf('late_tickets'),
        state: { $ifNull: ['$publication.goal.performance.state', 'paused'] },
      },
      // What was added to the outbox meanwhile stands behind what is published.
      outbox: {
        $cond: [
          { $gt: [size, publishedSize] },
          { $slice: ['$outbox', publishedSize, { $max: [1, size] }] },
          '$$REMOVE',
        ],
      },
      unpublished: { $cond: [isSame, '$$REMOVE', true] },
      change_context: { $cond: [isSame, '$$REMOVE', '$change_context'] },
      publication: '$$REMOVE',
    },
  },
];
