/** A level is reached once and tells of itself alone, so a newer state of its goal does not make it stale. */
const timeless = 'goal.level_reached';

const eventFields = new Set(['event_id', 'session_id', 'occurred_at', 'scheduled_for', 'level_reached']);

/** The goals of a session by their ids; each only moves forward. */
export class GoalBoard {
  goals = new Map();

  /** Takes goals as the api answered them; says whether anything changed. */
  replace(answered) {
    let isChanged = false;
    for (const goal of answered) {
      const known = this.goals.get(goal.goal_id);
      if (known && known.version > goal.version) continue;
      isChanged ||= JSON.stringify(known) !== JSON.stringify(goal);
      this.goals.set(goal.goal_id, goal);
    }
    return isChanged;
  }

  /**
   * Takes an event. `isStale`: it tells of what is over and is to be dropped; `isChanged`: a goal moved forward;
   * `isGap`: it tells of more than it carries, so that the goals have to be read again.
   */
  apply(name, payload) {
    const known = this.goals.get(payload.goal_id);
    const isOlder = known !== undefined && payload.version < known.version;
    if (isOlder) return { isStale: name !== timeless, isChanged: false, isGap: false };
    const isSnapshot = payload.version !== undefined && Array.isArray(payload.levels);
    if (!isSnapshot) return { isStale: false, isChanged: false, isGap: !known || payload.truncated === true };
    const isChanged = known === undefined || payload.version > known.version;
    if (isChanged) this.goals.set(payload.goal_id, goalOf(payload));
    return { isStale: false, isChanged, isGap: false };
  }
}

/** The goal in an event, without what only the event has. */
function goalOf(payload) {
  return Object.fromEntries(Object.entries(payload).filter(([field]) => !eventFields.has(field)));
}
