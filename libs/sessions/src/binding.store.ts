import { pairLists } from '#contracts';
import { Batcher, batchOfWrites, type BatchOutcome, toObjectId, updateAll } from '#platform';
import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model, Types } from 'mongoose';
import {
  readSession,
  refersTo,
  SESSION_MODEL,
  type SessionRecord,
  type StoredSession,
} from './session.schema.js';
import { isBound, type Slot } from './slot.js';

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
