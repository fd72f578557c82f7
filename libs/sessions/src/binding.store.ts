import { PermanentError, toObjectId } from '#platform';
import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model, QueryFilter, UpdateQuery } from 'mongoose';
import { SESSION_MODEL, type SessionRecord } from './session.schema.js';

/** Binds goals to sessions. Each call may be repeated: the binding stands once, and its streamer is returned each time. */
@Injectable()
export class BindingStore {
  constructor(@InjectModel(SESSION_MODEL) private readonly sessions: Model<SessionRecord>) {}

  /** Opens a pair for a funding goal. Returns the streamer's id; throws PermanentError where the session is gone. */
  async bindFunding(sessionId: string, fundingGoalId: string): Promise<string> {
    const funding_goal = toObjectId(fundingGoalId);
    return (
      (await this.change(
        { _id: toObjectId(sessionId), 'show_goal_pairs.funding_goal': { $ne: funding_goal } },
        { $push: { show_goal_pairs: { funding_goal, show_goal: null } } },
      )) ?? this.streamerOf({ _id: toObjectId(sessionId), 'show_goal_pairs.funding_goal': funding_goal })
    );
  }

  /** Puts the show goal into the pair of its funding goal. Throws PermanentError where the pair is gone or taken. */
  async bindShow(sessionId: string, fundingGoalId: string, showGoalId: string): Promise<string> {
    const show_goal = toObjectId(showGoalId);
    const free = { funding_goal: toObjectId(fundingGoalId), show_goal: { $in: [null, show_goal] } };
    const streamer = await this.change(
      { _id: toObjectId(sessionId), show_goal_pairs: { $elemMatch: free } },
      { $set: { 'show_goal_pairs.$.show_goal': show_goal } },
    );
    if (streamer) return streamer;
    throw new PermanentError(
      `session ${sessionId} has no free pair of the funding goal ${fundingGoalId} for the show goal ${showGoalId}`,
    );
  }

  private async change(
    filter: QueryFilter<SessionRecord>,
    update: UpdateQuery<SessionRecord>,
  ): Promise<string | undefined> {
    const session = await this.sessions
      .findOneAndUpdate(filter, update, { projection: { user: 1 } })
      .lean<Pick<SessionRecord, 'user'>>();
    return session?.user.toHexString();
  }

  private async streamerOf(filter: QueryFilter<SessionRecord>): Promise<string> {
    const session = await this.sessions.findOne(filter, { user: 1 }).lean<Pick<SessionRecord, 'user'>>();
    if (!session) throw new PermanentError('the session is gone');
    return session.user.toHexString();
  }
}
