import type { GoalClass } from '#contracts';
import type { SessionRecord } from '#sessions';
import { Injectable } from '@nestjs/common';
import { GoalReader } from '../read-goal/goal.reader.js';
import { alreadyBound, createInFlight, pairNotBound } from '../goal/goal.problems.js';
import { Admission } from './admission.js';
import { Claims } from './claims.js';
import type { CreateGoalCommand } from './create-goal.command.js';
import { References } from './references.js';

/** The goal that opened a pair, as the body of the second one names it. */
export interface PairOpener {
  goalId: string;
  goalClass: GoalClass;
  /** Where the body names it. */
  pointer: string;
}

/** The second place of a pair: the show goal of a funding goal, the exclusive goal of a trigger goal. Once taken, ever taken. */
@Injectable()
export class PairPlaces {
  constructor(
    private readonly admission: Admission,
    private readonly goals: GoalReader,
    private readonly references: References,
    private readonly claims: Claims,
  ) {}

  /**
   * Claims the second place of a pair for a new goal; returns its session and its claim. `placeIn` says which goal has that place in the session: null while it is
   * free, undefined where the session has no such pair. Throws where session or opener do not hold, or the place is taken.
   */
  async claim(
    command: CreateGoalCommand,
    opener: PairOpener,
    placeIn: (session: SessionRecord) => string | null | undefined,
  ): Promise<{ session: SessionRecord; place: string[] }> {
    const { goalId, intent } = command;
    const [session, known] = await Promise.all([
      this.admission.sessionFor(command),
      this.goals.find(opener.goalId),
    ]);
    this.references.assertHolds(known, { ...opener, sessionId: intent.context.session_id });
    const standing = placeIn(session);
    if (standing === undefined)
      throw pairNotBound('Wait until the session shows the pair of the goal that it refers to.');
    if (standing !== null && standing !== goalId)
      throw alreadyBound('Another goal stands there already.', { goal_id: standing });
    const place = ['pair', opener.goalId];
    const holder = await this.claims.take(place, goalId, (id) => this.references.keepsPair(id));
    if (holder) throw createInFlight('Another goal is being created there.', { goal_id: holder });
    return { session, place };
  }
}
