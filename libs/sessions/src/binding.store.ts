import { PermanentError, toObjectId } from '#platform';
import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model, QueryFilter, Types, UpdateQuery } from 'mongoose';
import { SESSION_MODEL, type SessionRecord } from './session.schema.js';

/** The session that a goal was bound to. */
export interface BoundSession {
  streamerId: string;
  /** False where the session has ended in the meantime. */
  active: boolean;
}

/** A place of a session that holds one goal at a time. */
export type SolePlace = 'karaoke_goal' | 'trigger_private_goal';

/** Binds goals to sessions. Each call may be repeated: the binding stands once, and its session is returned each time. */
@Injectable()
export class BindingStore {
  constructor(@InjectModel(SESSION_MODEL) private readonly sessions: Model<SessionRecord>) {}

  /** Opens a pair for a funding goal. Throws PermanentError where the session is gone. */
  async bindFunding(sessionId: string, fundingGoalId: string): Promise<BoundSession> {
    const funding_goal = toObjectId(fundingGoalId);
    return this.openPair(
      sessionId,
      { 'show_goal_pairs.funding_goal': funding_goal },
      { 'show_goal_pairs.funding_goal': { $ne: funding_goal } },
      { show_goal_pairs: { funding_goal, show_goal: null } },
    );
  }

  /** Puts the show goal into the pair of its funding goal. Throws PermanentError where the pair is gone or taken. */
  async bindShow(sessionId: string, fundingGoalId: string, showGoalId: string): Promise<BoundSession> {
    const show_goal = toObjectId(showGoalId);
    const free = { funding_goal: toObjectId(fundingGoalId), show_goal: { $in: [null, show_goal] } };
    const bound = await this.change(
      { _id: toObjectId(sessionId), show_goal_pairs: { $elemMatch: free } },
      { $set: { 'show_goal_pairs.$.show_goal': show_goal } },
    );
    return bound ?? noFreePair(sessionId, fundingGoalId, showGoalId);
  }

  /** Opens a pair for a trigger goal. Throws PermanentError where the session is gone. */
  async bindTrigger(sessionId: string, triggerGoalId: string): Promise<BoundSession> {
    const trigger_goal = toObjectId(triggerGoalId);
    return this.openPair(
      sessionId,
      { 'exclusive_goal_pairs.trigger_goal': trigger_goal },
      { 'exclusive_goal_pairs.trigger_goal': { $ne: trigger_goal } },
      { exclusive_goal_pairs: { trigger_goal, exclusive_goal: null } },
    );
  }

  /** Puts the exclusive goal into the pair of its trigger goal. Throws PermanentError where the pair is gone or taken. */
  async bindExclusive(
    sessionId: string,
    triggerGoalId: string,
    exclusiveGoalId: string,
  ): Promise<BoundSession> {
    const exclusive_goal = toObjectId(exclusiveGoalId);
    const free = { trigger_goal: toObjectId(triggerGoalId), exclusive_goal: { $in: [null, exclusive_goal] } };
    const bound = await this.change(
      { _id: toObjectId(sessionId), exclusive_goal_pairs: { $elemMatch: free } },
      { $set: { 'exclusive_goal_pairs.$.exclusive_goal': exclusive_goal } },
    );
    return bound ?? noFreePair(sessionId, triggerGoalId, exclusiveGoalId);
  }

  /** Puts a goal into a place that is empty, its own, or held by the goal it replaces; undefined where it is another's. */
  async bindSole(
    sessionId: string,
    place: SolePlace,
    goalId: string,
    replaced: string | null = null,
  ): Promise<BoundSession | undefined> {
    const goal = toObjectId(goalId);
    const free = [null, goal, ...(replaced ? [toObjectId(replaced)] : [])];
    return this.change({ _id: toObjectId(sessionId), [place]: { $in: free } }, { $set: { [place]: goal } });
  }

  private async openPair(
    sessionId: string,
    there: QueryFilter<SessionRecord>,
    notThere: QueryFilter<SessionRecord>,
    pair: Partial<Record<keyof SessionRecord, Record<string, Types.ObjectId | null>>>,
  ): Promise<BoundSession> {
    const _id = toObjectId(sessionId);
    const bound =
      (await this.change({ _id, ...notThere }, { $push: pair })) ?? (await this.read({ _id, ...there }));
    if (!bound) throw new PermanentError(`the session ${sessionId} is gone`);
    return bound;
  }

  private async change(
    filter: QueryFilter<SessionRecord>,
    update: UpdateQuery<SessionRecord>,
  ): Promise<BoundSession | undefined> {
    return toBound(
      await this.sessions.findOneAndUpdate(filter, update, { projection }).lean<BoundFields | null>(),
    );
  }

  private async read(filter: QueryFilter<SessionRecord>): Promise<BoundSession | undefined> {
    return toBound(await this.sessions.findOne(filter, projection).lean<BoundFields | null>());
  }
}

type BoundFields = Pick<SessionRecord, 'user' | 'active'>;

const projection = { user: 1, active: 1 } as const;

function toBound(session: BoundFields | null): BoundSession | undefined {
  return session ? { streamerId: session.user.toHexString(), active: session.active ?? true } : undefined;
}

function noFreePair(sessionId: string, firstGoalId: string, goalId: string): never {
  throw new PermanentError(`session ${sessionId} has no free pair of ${firstGoalId} for the goal ${goalId}`);
}
