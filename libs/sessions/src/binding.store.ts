import { Batcher, batchOfWrites, type BatchOutcome, PermanentError, toObjectId, updateAll } from '#platform';
import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import {
  readSession,
  refersTo,
  SESSION_MODEL,
  type SessionRecord,
  type StoredSession,
} from './session.schema.js';

/** The session that a goal was bound to. */
export interface BoundSession {
  streamerId: string;
  /** False where the session has ended in the meantime. */
  active: boolean;
}

/** A place of a session that holds one goal at a time. */
export type SolePlace = 'karaoke_goal' | 'trigger_private_goal';

/** A change that binds, made only where `free` holds, and how to see that the binding stands. */
interface Binding {
  sessionId: string;
  free: object;
  update: object;
  stands: (session: SessionRecord) => boolean;
}

/**
 * Binds goals to sessions, those in flight together in one call. Each binding may be repeated: it stands once, and its
 * session is returned each time.
 */
@Injectable()
export class BindingStore {
  private readonly bindings: Batcher<Binding, BoundSession | undefined>;

  constructor(@InjectModel(SESSION_MODEL) private readonly sessions: Model<SessionRecord>) {
    this.bindings = new Batcher((bindings) => this.bindAll(bindings), batchOfWrites);
  }

  /** Opens a pair for a funding goal. Throws PermanentError where the session is gone. */
  async bindFunding(sessionId: string, fundingGoalId: string): Promise<BoundSession> {
    const funding_goal = toObjectId(fundingGoalId);
    const bound = await this.bindings.add({
      sessionId,
      free: { 'show_goal_pairs.funding_goal': { $ne: funding_goal } },
      update: { $push: { show_goal_pairs: { funding_goal, show_goal: null } } },
      stands: ({ show_goal_pairs = [] }) =>
        show_goal_pairs.some((pair) => funding_goal.equals(pair.funding_goal)),
    });
    return bound ?? gone(sessionId);
  }

  /** Puts the show goal into the pair of its funding goal. Throws PermanentError where the pair is gone or taken. */
  async bindShow(sessionId: string, fundingGoalId: string, showGoalId: string): Promise<BoundSession> {
    const show_goal = toObjectId(showGoalId);
    const bound = await this.bindings.add({
      sessionId,
      free: {
        show_goal_pairs: {
          $elemMatch: { ...refersTo('funding_goal', toObjectId(fundingGoalId)), show_goal: null },
        },
      },
      update: { $set: { 'show_goal_pairs.$.show_goal': show_goal } },
      stands: ({ show_goal_pairs = [] }) =>
        show_goal_pairs.some((pair) => show_goal.equals(pair.show_goal ?? '')),
    });
    return bound ?? noFreePair(sessionId, fundingGoalId, showGoalId);
  }

  /** Opens a pair for a trigger goal. Throws PermanentError where the session is gone. */
  async bindTrigger(sessionId: string, triggerGoalId: string): Promise<BoundSession> {
    const trigger_goal = toObjectId(triggerGoalId);
    const bound = await this.bindings.add({
      sessionId,
      free: { 'exclusive_goal_pairs.trigger_goal': { $ne: trigger_goal } },
      update: { $push: { exclusive_goal_pairs: { trigger_goal, exclusive_goal: null } } },
      stands: ({ exclusive_goal_pairs = [] }) =>
        exclusive_goal_pairs.some((pair) => trigger_goal.equals(pair.trigger_goal)),
    });
    return bound ?? gone(sessionId);
  }

  /** Puts the exclusive goal into the pair of its trigger goal. Throws PermanentError where the pair is gone or taken. */
  async bindExclusive(
    sessionId: string,
    triggerGoalId: string,
    exclusiveGoalId: string,
  ): Promise<BoundSession> {
    const exclusive_goal = toObjectId(exclusiveGoalId);
    const bound = await this.bindings.add({
      sessionId,
      free: {
        exclusive_goal_pairs: {
          $elemMatch: { ...refersTo('trigger_goal', toObjectId(triggerGoalId)), exclusive_goal: null },
        },
      },
      update: { $set: { 'exclusive_goal_pairs.$.exclusive_goal': exclusive_goal } },
      stands: ({ exclusive_goal_pairs = [] }) =>
        exclusive_goal_pairs.some((pair) => exclusive_goal.equals(pair.exclusive_goal ?? '')),
    });
    return bound ?? noFreePair(sessionId, triggerGoalId, exclusiveGoalId);
  }

  /** Puts a goal into a place that is empty or held by the goal it replaces; undefined where it is another's. */
  async bindSole(
    sessionId: string,
    place: SolePlace,
    goalId: string,
    replaced: string | null = null,
  ): Promise<BoundSession | undefined> {
    const goal = toObjectId(goalId);
    return this.bindings.add({
      sessionId,
      free: {
        $or: [{ [place]: null }, ...(replaced ? refersTo(place, toObjectId(replaced)).$or : [])],
      },
      update: { $set: { [place]: goal } },
      stands: (session) => goal.equals(session[place] ?? ''),
    });
  }

  private async bindAll(bindings: Binding[]): Promise<BatchOutcome<BoundSession | undefined>[]> {
    const ids = bindings.map(({ sessionId }) => toObjectId(sessionId));
    const { faults } = await updateAll(
      this.sessions.collection,
      bindings.map(({ free, update }, index) => ({ filter: { _id: ids[index], ...free }, update })),
    );
    const found = await this.sessions.find({ _id: { $in: ids } }).lean<StoredSession[]>();
    const sessions = new Map(found.map((stored) => [stored._id.toHexString(), readSession(stored)]));
    return bindings.map(({ sessionId, stands }, index) => {
      if (faults[index]) return { error: faults[index] };
      const session = sessions.get(sessionId);
      const isBound = session !== undefined && stands(session);
      return {
        value: isBound
          ? { streamerId: session.user.toHexString(), active: session.active ?? true }
          : undefined,
      };
    });
  }
}

function gone(sessionId: string): never {
  throw new PermanentError(`the session ${sessionId} is gone`);
}

function noFreePair(sessionId: string, firstGoalId: string, goalId: string): never {
  throw new PermanentError(`session ${sessionId} has no free pair of ${firstGoalId} for the goal ${goalId}`);
}
