import { actorOf, AuditLog } from '#audit';
import type { Goal } from '#contracts';
import { type Caller, Clock, isDuplicateKey, Transactions } from '#platform';
import { SessionReader, isBound, openerOf } from '#sessions';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { slotOf } from '../create-goal/goal-definitions.js';
import { assertMayManage } from '../create-goal/session-guard.js';
import { CreateGoalQueue } from '../goal/create-goal.queue.js';
import { FundingStore } from '../goal/funding.store.js';
import { outboxEntry } from '../goal/goal-changed.event.js';
import type { WaitingGoal } from '../goal/goal-request.schema.js';
import { GoalRequestStore } from '../goal/goal-request.store.js';
import { goalNotFound, goalOver, requestedClassOf, showBound } from '../goal/goal.problems.js';
import { changedNow, type GoalRecord } from '../goal/goal.schema.js';
import { GoalStore } from '../goal/goal.store.js';
import { classOf, toGoal } from '../goal/goal.view.js';
import { LifecycleStore, lineOf } from '../goal/lifecycle.store.js';
import { isSettled } from '../goal/outcome.js';
import { stateOf } from '../goal/rules.js';
import { hasEnded } from '../goal/show-end.js';
import { FundingQueue } from '../funding/funding.queue.js';
import { UnpublishedGoals } from '../publishing/unpublished-goals.js';
import { GoalReader, notStored } from '../read-goal/goal.reader.js';
import { showIdOf, ShowReader } from '../read-goal/show.reader.js';

/** Asks to end an open goal before its time. The result is the goal after it. */
export class CancelGoalCommand extends Command<Goal> {
  constructor(
    readonly goalId: string,
    readonly caller: Caller,
  ) {
    super();
  }
}

/**
 * Cancels a goal, also one that failed. If it was never bound, its slot is free afterwards. Cancelling it again answers
 * the same; a goal that ended otherwise is refused.
 */
@CommandHandler(CancelGoalCommand)
export class CancelGoalHandler implements ICommandHandler<CancelGoalCommand> {
  constructor(
    private readonly reader: GoalReader,
    private readonly sessions: SessionReader,
    private readonly lifecycle: LifecycleStore,
    private readonly goals: GoalStore,
    private readonly jobs: CreateGoalQueue,
    private readonly requests: GoalRequestStore,
    private readonly clock: Clock,
    private readonly funding: FundingStore,
    private readonly shows: ShowReader,
    private readonly transactions: Transactions,
    private readonly audit: AuditLog,
    private readonly unpublished: UnpublishedGoals,
    private readonly decisions: FundingQueue,
  ) {}

  async execute({ goalId, caller }: CancelGoalCommand): Promise<Goal> {
    const known = await this.reader.find(goalId);
    if (!known) throw goalNotFound(`There is no goal ${goalId}.`);
    const record = 'stored' in known ? known.stored : known.waiting.record;
    requestedClassOf(record);
    assertMayManage(caller, await this.sessions.get(record.conditions.session_id));
    if ('waiting' in known) await this.storeCancelled(known.waiting, caller);
    else await this.prepare(record);
    const actor = actorOf(caller);
    const outcome = await this.lifecycle.step(goalId, 'cancel', { reason: 'cancelled', actor });
    const after = outcome?.goal ?? record;
    refuseOver(after);
    await this.unpublished.changed(goalId, after.unit);
    // It is cancelled whether or not Redis is there; a sweep finds those that are to be settled.
    if (isUnsettledFunding(after)) await this.decisions.add(goalId).catch(() => undefined);
    const settled = after.failures?.length ? await this.settle(after) : after;
    if (settled.released) {
      await this.jobs.discard(goalId);
      await this.requests.release(goalId);
    }
    return toGoal(settled);
  }

  /**
   * Throws if a goal is over. A funding goal is so once its tickets are settled; until then it can be cancelled whatever its
   * state, but for a show that was accepted. One that could not be created holds it no longer.
   */
  private async prepare(goal: GoalRecord): Promise<void> {
    if (!isUnsettledFunding(goal)) return refuseOver(goal);
    if ((await this.shows.stateOf(goal)) !== 'none') throw hasShow(goal);
    if (goal.accepted_show) await this.funding.giveUpShow(goal._id.toHexString(), goal.accepted_show);
  }

  /** Stores a goal as cancelled whose job is dead. If a replay stores it at the same time, it is cancelled like any other. */
  private async storeCancelled({ record, deadBecause }: WaitingGoal, caller: Caller): Promise<void> {
    if (deadBecause === undefined) throw notStored(record._id.toHexString(), { record });
    const cancelled: GoalRecord = {
      ...record,
      status: 'cancelled',
      active: false,
      cancel_reason: 'cancelled',
      version: 1,
      released: true,
      ended_at: this.clock.now(),
      ...changedNow(),
      outbox: [outboxEntry({ type: 'goal.cancelled', scheduled_for: null })],
    };
    try {
      await this.transactions.run(async (transaction) => {
        await this.goals.insertIn(cancelled, transaction);
        await this.audit.record(lineOf('cancel_goal', actorOf(caller), null, cancelled), transaction);
      });
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
    }
    await this.unpublished.changed(record._id.toHexString(), record.unit);
  }

  /** What had failed of a goal is over with it. */
  private async settle(goal: GoalRecord): Promise<GoalRecord> {
    const session = await this.sessions.get(goal.conditions.session_id);
    const slot = slotOf(goal);
    return this.goals.settleCancelled(goal, isBound(session, slot, goal._id.toHexString()), openerOf(slot));
  }
}

/** A goal that has ended, but not by being cancelled, stays as it ended. */
function refuseOver(goal: GoalRecord): void {
  const state = stateOf(goal);
  const isCancelled = state === 'cancelled' || goal.ended_by === 'cancelled';
  if (isUnsettledFunding(goal) && !isCancelled) throw hasShow(goal);
  if (hasEnded(goal) && !isCancelled) throw goalOver(`The goal is ${state} already.`);
}

const isUnsettledFunding = (goal: GoalRecord): boolean =>
  classOf(goal) === 'ShowFundingGoal' && !isSettled(goal.outcome ?? 'open');

const hasShow = (goal: GoalRecord) => showBound('End its show instead.', { goal_id: showIdOf(goal) });
