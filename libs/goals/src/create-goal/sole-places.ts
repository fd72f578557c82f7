import type { SessionRecord, SolePlace } from '#sessions';
import { Injectable } from '@nestjs/common';
import { alreadyBound, createInFlight } from '../goal/goal.problems.js';
import { Claims } from './claims.js';
import { References } from './references.js';

/** The places of a session that hold one goal at a time, and are free again once that goal is over. */
@Injectable()
export class SolePlaces {
  constructor(
    private readonly references: References,
    private readonly claims: Claims,
  ) {}

  /** Claims a place for a new goal and returns its claim; throws where a goal that is not over has it, or is about to. */
  async claim(place: SolePlace, session: SessionRecord, goalId: string): Promise<string[]> {
    const standing = session[place]?.toHexString();
    if (standing && standing !== goalId && (await this.references.isOpen(standing)))
      throw alreadyBound('The session has such a goal already; it has to end first.', { goal_id: standing });
    const claim = [place, session._id.toHexString()];
    const holder = await this.claims.take(claim, goalId, (id) => this.references.isOpen(id));
    if (holder) throw createInFlight('Such a goal is being created there.', { goal_id: holder });
    return claim;
  }
}
