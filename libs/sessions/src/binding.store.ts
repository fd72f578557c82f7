import { type GoalClass, type PairList, pairLists, type SlotField } from '#contracts';
import { Batcher, batchOfWrites, type BatchOutcome, toObjectId, updateAll } from '#platform';
import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model, Types } from 'mongoose';
import {
  hasDefault,
  readSession,
  refersTo,
  SESSION_MODEL,
  type SessionRecord,
  type StoredSession,
} from './session.schema.js';

/** A slot that holds one goal at a time; the next goal replaces one that is over. */
export interface SingleSlot {
  kind: 'single';
  field: SlotField;
}

/** The first place of a pair: each goal of the class adds a pair to the list. */
export interface OpeningSlot {
  kind: 'opens-pair';
  pairs: PairList;
}

/** The second place of a pair: for the goal that names the one which opened the pair. Taken once, it is never free again. */
export interface CompletingSlot {
  kind: 'completes-pair';
  pairs: PairList;
  opener: PairOpener;
}

/** Which goal opens the pair that a goal completes. */
export interface PairOpener {
  class: GoalClass;
  /** Where the completing goal names it in its context. */
  reference: 'funding_goal_id' | 'trigger_exclusive_goal_id';
  /** Where its own context names the completing goal. */
  boundAs: 'show_goal_id' | 'exclusive_goal_id';
}

/** Where in a session the goals of a class stand. */
export type Slot = SingleSlot | OpeningSlot | CompletingSlot;

/** Which goal opens the pair that a goal in this slot completes; undefined for other slots. */
export const openerOf = (slot: Slot): PairOpener | undefined =>
  slot.kind === 'completes-pair' ? slot.opener : undefined;

type StoredId = SessionRecord['_id'] | null | undefined;

/** The pairs of a list, whatever their fields are called. */
export function pairsOf(session: SessionRecord, list: PairList): { first: StoredId; second: StoredId }[] {
  const [first, second] = pairLists[list];
  const pairs = (session[list] ?? []) as Record<string, StoredId>[];
  return pairs.map((pair) => ({ first: pair[first], second: pair[second] }));
}

/** Whether a goal stands in its slot of a session. */
export function isBound(session: SessionRecord, slot: Slot, goalId: string): boolean {
  const isGoal = (id: StoredId) => id?.toHexString() === goalId;
  if (slot.kind === 'single') return isGoal(session[slot.field]);
  const place = slot.kind === 'opens-pair' ? 'first' : 'second';
  return pairsOf(session, slot.pairs).some((pair) => isGoal(pair[place]));
}

/** Whether new sessions have this slot, and have it empty. */
export function isInNewSessions(slot: Slot): boolean {
  return hasDefault(slot.kind === 'single' ? slot.field : slot.pairs);
}

/** The session that a goal was bound to. */
export interface BoundSession {
  streamerId: string;
  /** False if the session has ended in the meantime. */
  active: boolean;
}

/** Which goal is to stand in which slot of which session. */
export interface Binding {
  sessionId: string;
  slot: Slot;
  goalId: string;
  /** The goal that it may replace in a single slot, or the one that opened the pair which it completes. */
  otherId?: string | null;
}

/** Binds goals to sessions. All bindings in flight are made in one call. */
@Injectable()
export class BindingStore {
  private readonly bindings: Batcher<Binding, BoundSession | undefined>;

  constructor(@InjectModel(SESSION_MODEL) private readonly sessions: Model<SessionRecord>) {
    this.bindings = new Batcher((bindings) => this.bindAll(bindings), batchOfWrites);
  }

  /** Binds a goal. May be repeated. Returns its session; undefined if the session is gone or the slot is not free. */
  bind(binding: Binding): Promise<BoundSession | undefined> {
    return this.bindings.add(binding);
  }

  private async bindAll(bindings: Binding[]): Promise<BatchOutcome<BoundSession | undefined>[]> {
    const ids = bindings.map(({ sessionId }) => toObjectId(sessionId));
    const { faults } = await updateAll(
      this.sessions.collection,
      bindings.map((binding, index) => {
        const { free, update } = changeOf(binding);
        return { filter: { _id: ids[index], ...free }, update };
      }),
    );
    const found = await this.sessions.find({ _id: { $in: ids } }).lean<StoredSession[]>();
    const sessions = new Map(found.map((stored) => [stored._id.toHexString(), readSession(stored)]));
    return bindings.map(({ sessionId, slot, goalId }, index) => {
      if (faults[index]) return { error: faults[index] };
      const session = sessions.get(sessionId);
      if (!session || !isBound(session, slot, goalId)) return { value: undefined };
      return { value: { streamerId: session.user.toHexString(), active: session.active ?? true } };
    });
  }
}

/** The change that binds a goal, and the filter that lets it happen only if the slot is free. */
function changeOf({ slot, goalId, otherId }: Binding): { free: object; update: object } {
  const goal: Types.ObjectId = toObjectId(goalId);
  const other = otherId ? toObjectId(otherId) : undefined;
  if (slot.kind === 'single')
    return {
      free: { $or: [{ [slot.field]: null }, ...(other ? refersTo(slot.field, other).$or : [])] },
      update: { $set: { [slot.field]: goal } },
    };
  const { pairs } = slot;
  const [first, second] = pairLists[pairs];
  if (slot.kind === 'opens-pair')
    return {
      free: { [`${pairs}.${first}`]: { $ne: goal } },
      update: { $push: { [pairs]: { [first]: goal, [second]: null } } },
    };
  return {
    free: { [pairs]: { $elemMatch: { ...(other && refersTo(first, other)), [second]: null } } },
    update: { $set: { [`${pairs}.$.${second}`]: goal } },
  };
}
