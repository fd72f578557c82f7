import { type Contribution, ContributionStore } from '#contributions';
import {
  Batcher,
  batchOfWrites,
  type BatchOutcome,
  Clock,
  isDuplicateKey,
  isId,
  type Transaction,
  Transactions,
} from '#platform';
import { SessionStore } from '#sessions';
import { Injectable } from '@nestjs/common';
import { count, type CountingMoment, type PaymentOutcome } from '../goal/progress.js';
import { type GoalInProgress, ProgressStore } from '../goal/progress.store.js';
import { Leaderboard } from '../leaderboard/leaderboard.js';
import { LateTickets } from './late-tickets.js';
import { ProgressQueue } from './progress.queue.js';

type Entry = PaymentOutcome | undefined;

/**
 * Enters contributions: the payment and the goal's progress change in one transaction, which also sees whether the session
 * runs, so that none can be lost, counted twice or taken for a session that has ended. Those of one goal that are in flight together are one transaction, since they would wait for each other.
 */
@Injectable()
export class ContributionBook {
  private readonly batchers = new Map<string, Batcher<Contribution, Entry>>();

  constructor(
    private readonly clock: Clock,
    private readonly transactions: Transactions,
    private readonly contributions: ContributionStore,
    private readonly goals: ProgressStore,
    private readonly sessions: SessionStore,
    private readonly progress: ProgressQueue,
    private readonly leaderboard: Leaderboard,
    private readonly lateTickets: LateTickets,
  ) {}

  /** What became of the contribution; undefined where no such goal is stored. */
  async enter(goalId: string, contribution: Contribution): Promise<Entry> {
    if (!isId(goalId)) return undefined;
    const batcher =
      this.batchers.get(goalId) ?? new Batcher((batch) => this.enterAll(goalId, batch), batchOfWrites);
    this.batchers.set(goalId, batcher);
    try {
      return await batcher.add(contribution);
    } finally {
      if (batcher.isIdle) this.batchers.delete(goalId);
    }
  }

  private async enterAll(goalId: string, batch: Contribution[]): Promise<BatchOutcome<Entry>[]> {
    const entered = await this.count(goalId, batch);
    if (!entered) return batch.map(() => ({ value: undefined }));
    const { goal, counted, outcomes } = entered;
    if (counted.length > 0)
      await Promise.all([this.progress.add(goalId), this.leaderboard.add(goalId, counted, goal.version + 1)]);
    if (goal.goalClass === 'ShowFundingGoal') {
      // A ticket that was counted before is told again: whoever sends it twice may have got no answer the first time.
      const tickets = batch.filter((_, index) => 'isNew' in outcomes[index]!);
      if (tickets.length > 0) await this.lateTickets.tell(goalId, goal.sessionId, tickets);
    }
    return outcomes.map((value) => ({ value }));
  }

  /** What is known already needs no transaction, so that a payment that is sent again is answered whatever holds those up. */
  private async count(goalId: string, batch: Contribution[]): Promise<Counted | undefined> {
    const known = await this.contributions.known(goalId, sourcesOf(batch));
    if (batch.every(({ source_id }) => known.has(source_id))) {
      const goal = await this.goals.read(goalId);
      return goal && countIn(goal, batch, known, { now: this.clock.now(), sessionEnded: false });
    }
    try {
      return await this.transactions.run((transaction) => this.write(goalId, batch, known, transaction));
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
      // Another process was first with one of them; the transaction itself sees which.
      return this.transactions.run(async (transaction) =>
        this.write(
          goalId,
          batch,
          await this.contributions.known(goalId, sourcesOf(batch), transaction),
          transaction,
        ),
      );
    }
  }

  private async write(
    goalId: string,
    batch: Contribution[],
    known: ReadonlyMap<string, Contribution>,
    transaction: Transaction,
  ): Promise<Counted | undefined> {
    const goal = await this.goals.read(goalId, transaction);
    if (!goal) return undefined;
    // Of a class that is not known nobody knows whether it is of a session.
    const sessionEnded =
      goal.goalClass !== undefined && (await this.sessions.hasEnded(goal.sessionId, transaction));
    const now = this.clock.now();
    const result = countIn(goal, batch, known, { now, sessionEnded });
    if (result.counted.length > 0) {
      const isCompleted = goal.state === 'active' && result.after.state === 'completed';
      await this.contributions.add(goalId, result.counted, now, transaction);
      await this.goals.write(goalId, result.after, isCompleted ? now : undefined, transaction);
    }
    return result;
  }
}

/** What became of a batch, and the goal as it was before. */
type Counted = ReturnType<typeof countIn>;

function countIn(
  goal: GoalInProgress,
  batch: Contribution[],
  known: ReadonlyMap<string, Contribution>,
  moment: Omit<CountingMoment, 'classUnknown'>,
) {
  return { goal, ...count(goal, batch, known, { ...moment, classUnknown: goal.goalClass === undefined }) };
}

const sourcesOf = (batch: Contribution[]) => batch.map(({ source_id }) => source_id);
