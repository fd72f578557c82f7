import { Injectable } from '@nestjs/common';
import type { GoalRecord } from '../goal/goal.schema.js';
import type { ShowState } from '../goal/outcome.js';
import { hasEnded } from '../goal/show-end.js';
import { GoalReader } from './goal.reader.js';

/** The show that a funding goal has: the one that is bound to it, or else the one that was accepted. */
export function showIdOf({ context, accepted_show }: GoalRecord): string | undefined {
  return context.show_goal_id ?? accepted_show?.goal_id;
}

/** Finds out what has become of the shows of funding goals. */
@Injectable()
export class ShowReader {
  constructor(private readonly goals: GoalReader) {}

  /** The state of the show of a funding goal. */
  async stateOf(funding: GoalRecord): Promise<ShowState> {
    const showId = showIdOf(funding);
    if (!showId) return 'none';
    const known = await this.goals.find(showId);
    const isBound = funding.context.show_goal_id === showId;
    if (!known) return 'none';
    if ('waiting' in known) return known.waiting.deadBecause === undefined ? 'accepted' : 'none';
    const show = known.stored;
    if (show.released) return 'none';
    const failed = (show.failures?.length ?? 0) > 0;
    if (!hasEnded(show)) return isBound ? 'on' : failed ? 'none' : 'accepted';
    if (failed) return 'none';
    return (show.delivered ?? (show.level ?? 0) >= 1) ? 'delivered' : 'not_delivered';
  }
}
