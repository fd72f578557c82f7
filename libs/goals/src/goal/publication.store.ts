import { goalClasses } from '#contracts';
import { inBatches, toObjectId, updateAll } from '#platform';
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
    const taken = { publisher: { $literal: publisher }, taken_at: '$$NOW' };
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

  /** Notes that publications are made. Returns the goals that have more to publish by now, and what they count. May be repeated. */
  async close(publications: OpenPublication[]): Promise<{ goalId: string; unit?: string }[]> {
    if (publications.length === 0) return [];
    const { faults } = await updateAll(this.goals.collection, publications.map(closing));
    const fault = faults.find((one) => one !== undefined);
    if (fault) throw fault;
    const found = await this.goals
      .find(
        { _id: { $in: publications.map(({ goalId }) => toObjectId(goalId)) } },
        { unit: 1, unpublished: 1 },
      )
      .lean<Pick<GoalRecord, '_id' | 'unit' | 'unpublished'>[]>();
    const more = found.filter(({ unpublished }) => unpublished);
    return more.map(({ _id, unit }) => ({ goalId: _id.toHexString(), unit }));
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

/** The write that ends a publication, unless another one of the goal has begun since. */
function closing({ goalId, goal: published }: OpenPublication): { filter: object; update: object[] } {
  const { version, progress = 0, level = 0, late_tickets = 0, outbox = [] } = published;
  const state = published.performance?.state ?? 'paused';
  const isSame = { $eq: ['$version', '$publication.goal.version'] };
  const size = { $size: { $ifNull: ['$outbox', []] } };
  const behind = { $slice: ['$outbox', outbox.length, { $max: [1, size] }] };
  return {
    filter: {
      _id: toObjectId(goalId),
      publication: { $exists: true },
      'publication.goal.version': version ?? null,
    },
    update: [
      {
        $set: {
          published_level: { $max: ['$published_level', published.peak_level ?? level] },
          published: { $literal: { progress, level, late_tickets, state } },
          // What was added to the outbox meanwhile stands behind what is published.
          ...(outbox.length > 0 && {
            outbox: { $cond: [{ $gt: [size, outbox.length] }, behind, '$$REMOVE'] },
          }),
          unpublished: { $cond: [isSame, '$$REMOVE', true] },
          change_context: { $cond: [isSame, '$$REMOVE', '$change_context'] },
          publication: '$$REMOVE',
        },
      },
    ],
  };
}
