/** Each level is reached once and has an event of its own, which stays valid when its goal has moved on. */
const levelReached = 'goal.level_reached';

const eventFields = new Set([
  'event_id',
  'session_id',
  'occurred_at',
  'scheduled_for',
  'level_reached',
  'source_id',
  'delta',
  'tickets',
  'total',
  'changes',
]);

/** Its `reason` says why a contribution was voided, not what became of the goal. */
const corrected = 'goal.corrected';

/** The goals of a session by id. A goal is only ever replaced by a newer version. */
export class GoalBoard {
  goals = new Map();

  /** Stores goals that the api returned; true if anything changed. */
  replace(received) {
    let isChanged = false;
    for (const goal of received) {
      const known = this.goals.get(goal.goal_id);
      if (known && known.version > goal.version) continue;
      isChanged ||= JSON.stringify(known) !== JSON.stringify(goal);
      this.goals.set(goal.goal_id, goal);
    }
    return isChanged;
  }

  /**
   * Applies an event. `isStale`: the event is out of date and has to be dropped; `isChanged`: a goal has changed;
   * `isGap`: the event does not carry its whole goal, so the goals have to be read again.
   */
  apply(name, payload) {
    const known = this.goals.get(payload.goal_id);
    const isOlder = known !== undefined && payload.version < known.version;
    if (isOlder) return { isStale: name !== levelReached, isChanged: false, isGap: false };
    const isSnapshot = payload.version !== undefined && Array.isArray(payload.levels);
    if (!isSnapshot) return { isStale: false, isChanged: false, isGap: !known || payload.truncated === true };
    const isChanged = known === undefined || payload.version > known.version;
    if (isChanged) this.goals.set(payload.goal_id, goalOf(name, payload, known));
    return { isStale: false, isChanged, isGap: false };
  }
}

/** The goal in an event, without the fields that only events have. */
function goalOf(name, payload, known) {
  const goal = Object.fromEntries(Object.entries(payload).filter(([field]) => !eventFields.has(field)));
  if (name !== corrected) return goal;
  const { reason: _, ...rest } = goal;
  return known?.reason === undefined ? rest : { ...rest, reason: known.reason };
}

/** The ids of the latest events, to drop events that are delivered twice. */
export class SeenEvents {
  #ids = new Set();
  #limit;

  constructor(limit = 1000) {
    this.#limit = limit;
  }

  /** Whether this id comes for the first time; an event without an id is always new. */
  isNew(id) {
    if (id === undefined) return true;
    if (this.#ids.has(id)) return false;
    this.#ids.add(id);
    if (this.#ids.size > this.#limit) this.#ids.delete(this.#ids.values().next().value);
    return true;
  }
}
