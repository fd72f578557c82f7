import { TrackQueue } from '#analytics';
import { type EventReceiver, Receiver } from '#platform';
import { completedId, GoalProgressedEvent, levelReachedId } from '../../goal-progressed.event.js';

/** Hands each level that was reached to analytics, and the end of the goal. */
@Receiver({ name: 'track-progress', event: GoalProgressedEvent })
export class TrackProgressReceiver implements EventReceiver<GoalProgressedEvent> {
  constructor(private readonly analytics: TrackQueue) {}

  async receive({ data, occurredAt }: GoalProgressedEvent): Promise<void> {
    const { goal, levels_reached, completes } = data;
    const { goal_id, metadata, ...snapshot } = goal;
    const track = (event: string, event_id: string, more: object = {}) =>
      this.analytics.add({
        event_id,
        event,
        goal_id,
        user_id: typeof metadata.user_id === 'string' ? metadata.user_id : null,
        properties: { ...snapshot, ...more },
        occurred_at: occurredAt.toISOString(),
      });
    for (const level_reached of levels_reached)
      await track('goal.level_reached', levelReachedId(goal_id, level_reached), { level_reached });
    if (completes) await track('goal.completed', completedId(goal_id));
  }
}
