import { type GoalEvent, type GoalEventType, goalEvents } from '#contracts';

/** A message for the viewers of a session, as its stream's channel carries it. */
export interface StreamMessage {
  session_id: string;
  /** The name of the event. */
  type: string;
  payload: Record<string, unknown>;
}

/** The events that viewers do not get: a goal is shown once it is added, and who may watch concerns one viewer alone. */
const notForViewers = new Set<string>([
  goalEvents.created,
  goalEvents.failed,
  goalEvents.accessGranted,
  goalEvents.accessRevoked,
] satisfies GoalEventType[]);

/** The types of the events that viewers get. */
export const streamedTypes: readonly string[] = Object.values(goalEvents).filter(
  (type) => !notForViewers.has(type),
);

/** What a stream carries of an event, with the payload that goes out by Pusher; undefined if viewers do not get it. */
export function streamMessageOf({ event_id, type, occurred_at, data }: GoalEvent): StreamMessage | undefined {
  if (notForViewers.has(type)) return undefined;
  const { session_id } = data;
  return { session_id, type, payload: payloadOf() };

  function payloadOf(): Record<string, unknown> {
    if (type !== goalEvents.added) return { ...data, event_id, occurred_at };
    const { goal_id, _cls, conditions, context, streamer_id, goal_type } =
      data as GoalEvent<'goal.added'>['data'];
    return { event_id, goal_id, _cls, conditions, context, session_id, streamer_id, goal_type };
  }
}
