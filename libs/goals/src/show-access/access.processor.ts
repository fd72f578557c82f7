import { accessChangeVersion, AccessRuleStore } from '#contributions';
import { Clock, isKnownVersion, PeriodicTasks, ProcessJob, UnknownJobError } from '#platform';
import { SessionStore } from '#sessions';
import { Processor } from '@nestjs/bull';
import type { OnModuleInit } from '@nestjs/common';
import { EventBus } from '@nestjs/cqrs';
import type { Job } from 'bull';
import { GoalStore } from '../goal/goal.store.js';
import { toGoal } from '../goal/goal.view.js';
import { GoalsConfig } from '../goals.config.js';
import { AccessGrantedEvent, AccessRevokedEvent } from './access-changed.event.js';
import { type AccessJob, accessJobs, AccessQueue, accessQueue } from './access.queue.js';

/**
 * Processes the jobs `access`: publishes the changes of access that rules have made, in their order, and finds what a process left
 * unpublished that died right after it had written.
 */
@Processor(accessQueue)
export class AccessProcessor implements OnModuleInit {
  constructor(
    private readonly clock: Clock,
    private readonly tasks: PeriodicTasks,
    private readonly config: GoalsConfig,
    private readonly jobs: AccessQueue,
    private readonly rules: AccessRuleStore,
    private readonly goals: GoalStore,
    private readonly sessions: SessionStore,
    private readonly events: EventBus,
  ) {}

  onModuleInit(): void {
    this.tasks.register({
      name: 'sweep of unpublished access',
      everyMs: this.config.sweepIntervalMs,
      run: () => this.sweep(),
    });
  }

  @ProcessJob(accessJobs)
  async process({ data: { rule_id } }: Job<AccessJob>): Promise<void> {
    const rule = await this.rules.findById(rule_id);
    const goal = rule && (await this.goals.find(rule.goal_id.toHexString()));
    const streamer_id = goal && (await this.sessions.streamerOf(goal.conditions.session_id));
    if (!streamer_id) return;
    for (const { v, revision, allowed, cause, reason, at } of rule.outbox ?? []) {
      if (!isKnownVersion(v, accessChangeVersion))
        throw new UnknownJobError(`no worker here knows version ${String(v)} of a change of access`);
      const change = { user_id: rule.user_id, streamer_id, cause, reason, change_id: String(revision) };
      const data = { goal: toGoal(goal), ...change };
      await this.events.publish(
        allowed ? new AccessGrantedEvent(data, at) : new AccessRevokedEvent(data, at),
      );
      await this.rules.removePublished(rule_id, revision);
    }
  }

  private async sweep(): Promise<void> {
    // A change that is newer has its job on the way.
    const before = new Date(this.clock.now().getTime() - this.config.sweepIntervalMs);
    for await (const ruleId of this.rules.unpublished(before)) await this.jobs.addLeft(ruleId);
  }
}
