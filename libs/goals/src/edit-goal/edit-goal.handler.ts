import { actorOf, AuditLog } from '#audit';
import type { Goal, GoalLevel } from '#contracts';
import { type Caller, Clock, isId, Transactions, validationFailed } from '#platform';
import { SessionReader } from '#sessions';
import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { assertMayManage } from '../create-goal/session-guard.js';
import { FundingQueue } from '../funding/funding.queue.js';
import { GOAL_CLASSES, type GoalClasses } from '../goal/goal-classes.js';
import { goalOver, requestedClassOf, targetFixed, versionMismatch } from '../goal/goal.problems.js';
import type { GoalRecord } from '../goal/goal.schema.js';
import { knownClassOf } from '../goal/goal.view.js';
import { stateOf } from '../goal/rules.js';
import { isInSeconds } from '../goal/show-end.js';
import { PerformanceQueue } from '../performance/performance.queue.js';
import { GoalsConfig } from '../goals.config.js';
import { LifecycleQueue } from '../lifecycle/lifecycle.queue.js';
import { UnpublishedGoals } from '../publishing/unpublished-goals.js';
import { GoalReader } from '../read-goal/goal.reader.js';
import { decideEdit, type Edit } from './edit-rules.js';
import { EditStore } from './edit.store.js';

/** Asks to change fields of an open goal. The result is the goal after it. */
export class EditGoalCommand extends Command<Goal> {
  constructor(
    readonly goalId: string,
    /** The versions for which the edit is meant; undefined for any. */
    readonly versions: number[] | undefined,
    readonly edit: Edit,
    readonly caller: Caller,
  ) {
    super();
  }
}

/** Edits a goal by compare-and-set on its version, so that no change of somebody else is overwritten unseen. */
@CommandHandler(EditGoalCommand)
export class EditGoalHandler implements ICommandHandler<EditGoalCommand> {
  constructor(
    private readonly clock: Clock,
    private readonly config: GoalsConfig,
    private readonly reader: GoalReader,
    private readonly sessions: SessionReader,
    private readonly store: EditStore,
    private readonly unpublished: UnpublishedGoals,
    private readonly timers: LifecycleQueue,
    private readonly funding: FundingQueue,
    private readonly performance: PerformanceQueue,
    private readonly transactions: Transactions,
    private readonly audit: AuditLog,
    @Inject(GOAL_CLASSES) private readonly classes: GoalClasses,
  ) {}

  async execute({ goalId, versions, edit, caller }: EditGoalCommand): Promise<Goal> {
    for (;;) {
      const goal = (isId(goalId) && (await this.store.read(goalId))) || (await this.reader.stored(goalId));
      requestedClassOf(goal);
      assertMayManage(caller, await this.sessions.get(goal.conditions.session_id));
      const version = goal.version ?? 0;
      if (versions && !versions.includes(version))
        throw versionMismatch(`The goal has version ${version} by now.`);
      if (!isEditable(goal, this.clock.now())) throw goalOver(`The goal is ${stateOf(goal)} already.`);
      const edited = await this.write(goal, edit, caller);
      if (edited) return this.reader.show(edited);
    }
  }

  /** The goal after the edit; null if it has changed in between. */
  private async write(goal: GoalRecord, edit: Edit, caller: Caller): Promise<GoalRecord | null> {
    const outcome = decideEdit(editedGoalOf(goal), edit, this.config.maxExtensionSeconds * 1000);
    if ('faults' in outcome)
      throw validationFailed('The request has invalid fields.', { errors: outcome.faults });
    if ('fixed' in outcome) throw targetFixed(outcome.fixed);
    const { changes, ...fields } = outcome;
    if (changes.length === 0) return goal;
    const edited = await this.transactions.run(async (transaction) => {
      const written = await this.store.write(goal, changes, fields, transaction);
      if (written) {
        const line = {
          act: 'edit_goal' as const,
          actor: actorOf(caller),
          target: { goal_id: goal._id.toHexString(), session_id: goal.conditions.session_id },
          before: fieldsOf(goal, fields),
          after: fieldsOf(written, fields),
        };
        await this.audit.record(line, transaction);
      }
      return written;
    });
    // Where a job is lost, a sweep finds what is unpublished or due.
    if (edited) await this.queue(edited, fields.exp);
    return edited;
  }

  private async queue(goal: GoalRecord, exp?: Date): Promise<void> {
    const goalId = goal._id.toHexString();
    const goalClass = knownClassOf(goal);
    await this.unpublished.changed(goalId, goal.unit);
    const hasEndTimer = this.classes[goalClass].timed || goalClass === 'ShowGoal';
    if (exp && this.classes[goalClass].countdown) await this.funding.at(exp, goalId);
    else if (exp && hasEndTimer) await this.timers.moved(exp, goalId);
    // The next level of a live show may be due at another time now.
    if (isInSeconds(goal)) await this.performance.at(this.clock.now(), goalId);
  }
}

/** Of a goal, the fields that an edit changes. */
function fieldsOf({ exp, levels }: GoalRecord, changed: { exp?: Date; levels?: GoalLevel[] }) {
  return { ...(changed.exp && { exp: exp ?? null }), ...(changed.levels && { levels }) };
}

/** A goal may be edited until its window or its countdown has closed or it has ended; to be complete is no end. */
function isEditable(goal: GoalRecord, now: Date): boolean {
  const isOpen = ['scheduled', 'active', 'completed'].includes(stateOf(goal));
  const hasEnded = goal.ended_at !== undefined || goal.countdown_ended_at !== undefined;
  return isOpen && !hasEnded && !(goal.exp && goal.exp <= now);
}

function editedGoalOf(goal: GoalRecord) {
  const { levels = [], level = 0, peak_level = level, progress = 0, late_tickets = 0, exp = null } = goal;
  return {
    levels,
    reached: peak_level,
    progress,
    // Time that is performed is no contribution.
    hasContributions: !isInSeconds(goal) && progress + late_tickets > 0,
    exp,
    firstExp: goal.first_exp ?? null,
  };
}
