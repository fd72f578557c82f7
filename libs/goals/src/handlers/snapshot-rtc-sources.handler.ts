import { Durable, type DurableEventHandler } from '#platform';
import { EventsHandler } from '@nestjs/cqrs';
import { GoalCreatedEvent } from '../goal/new-goal.js';
import { RtcSnapshotStore } from './rtc-snapshot.store.js';
import { RtcSources } from './rtc-sources.js';

/** Records who sends what into the session at the moment an exclusive goal is created, once per goal. */
@EventsHandler(GoalCreatedEvent)
@Durable({ name: 'snapshot-rtc-sources', queue: 'media' })
export class SnapshotRtcSourcesHandler implements DurableEventHandler<GoalCreatedEvent> {
  constructor(
    private readonly sources: RtcSources,
    private readonly snapshots: RtcSnapshotStore,
  ) {}

  async handle({ data }: GoalCreatedEvent): Promise<void> {
    if (await this.snapshots.has(data.goal_id)) return;
    const { session_id } = data.conditions;
    await this.snapshots.keep(data.goal_id, session_id, await this.sources.of(session_id));
  }
}
