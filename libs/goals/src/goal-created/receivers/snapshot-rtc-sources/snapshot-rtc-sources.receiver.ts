import { type EventReceiver, Receiver } from '#platform';
import { GoalCreatedEvent } from '../../goal-created.event.js';
import { RtcSnapshotStore } from './rtc-snapshot.store.js';
import { RtcSources } from './rtc-sources.js';

/** Records who sends what into the session at the moment an exclusive goal is created, once per goal. */
@Receiver({ name: 'snapshot-rtc-sources', event: GoalCreatedEvent, lane: 'media' })
export class SnapshotRtcSourcesReceiver implements EventReceiver<GoalCreatedEvent> {
  constructor(
    private readonly sources: RtcSources,
    private readonly snapshots: RtcSnapshotStore,
  ) {}

  async receive({ data }: GoalCreatedEvent): Promise<void> {
    if (await this.snapshots.has(data.goal_id)) return;
    const { session_id } = data.conditions;
    await this.snapshots.keep(data.goal_id, session_id, await this.sources.of(session_id));
  }
}
