import { type Goal, goalEvents, type GoalEventType } from '#contracts';

/** The events that can be rehearsed: those that a stream carries of a goal. */
export const rehearsableEvents = [
  goalEvents.added,
  goalEvents.activated,
  goalEvents.progressed,
  goalEvents.levelReached,
  goalEvents.completed,
  goalEvents.expired,
  goalEvents.cancelled,
  goalEvents.funded,
  goalEvents.settled,
  goalEvents.corrected,
  goalEvents.updated,
] as const satisfies GoalEventType[];

export type RehearsableEvent = (typeof rehearsableEvents)[number];

/** These are of funding goals alone. */
const ofFunding = new Set<GoalEventType>([goalEvents.funded, goalEvents.settled]);

/** Whether such an event can happen to a goal of this class. */
export function canHappen(event: RehearsableEvent, { goal_type }: Goal): boolean {
  return !ofFunding.has(event) || goal_type === 'show_funding';
}

/** What the event's payload would hold if it happened to the goal at this moment: the goal as it would be, and its own fields. */
export function rehearsalOf(
  event: RehearsableEvent,
  goal: Goal,
  { streamerId, now }: { streamerId: string; now: Date },
): Record<string, unknown> {
  const data = { ...goal, session_id: goal.conditions.session_id };
  const { levels, level, progress } = goal;
  const next = Math.min(level + 1, levels.length);
  const reaching = (count: number) => ({
    level: count,
    peak_level: Math.max(count, goal.peak_level),
    progress: Math.max(progress, levels[count - 1]?.target ?? progress),
  });
  const all = reaching(levels.length);
  const completed = { ...all, status: 'completed', completed_at: now.toISOString() };
  const details: Record<RehearsableEvent, object> = {
    'goal.added': { streamer_id: streamerId },
    'goal.activated': { status: 'active', active: true, scheduled_for: goal.nbf },
    'goal.progressed': { progress: halfway(goal) },
    'goal.level_reached': { ...reaching(next), level_reached: next },
    'goal.completed': completed,
    'goal.expired': { status: 'expired', active: false, scheduled_for: goal.exp },
    'goal.cancelled': { status: 'cancelled', active: false, scheduled_for: null },
    'goal.funded': reaching(goal.minimum_level ?? 1),
    'goal.settled': {
      ...all,
      outcome: 'delivered',
      settled_at: now.toISOString(),
      tickets: all.progress,
      total: all.progress,
    },
    'goal.corrected': {
      progress: Math.max(0, progress - 1),
      source_id: 'rehearsal',
      delta: -1,
      reason: null,
    },
    'goal.updated': { changes: ['levels'] },
  };
  return { ...data, ...details[event] };
}

/** Half of the way from where a goal is to its next level. */
function halfway({ levels, level, progress }: Goal): number {
  const target = levels[Math.min(level, levels.length - 1)]?.target ?? progress;
  return progress + Math.max(1, Math.floor((target - progress) / 2));
}
