import { type Contribution, ContributionStore } from '#contributions';
import { Batcher, batchOfWrites, type BatchOutcome, isId, type Transaction, Transactions } from '#platform';
import { Injectable } from '@nestjs/common';
import { count, type PaymentOutcome } from '../goal/progress.js';
import { ProgressStore } from '../goal/progress.store.js';
import { Leaderboard } from '../leaderboard/leaderboard.js';
import { LateTickets } from './late-tickets.js';
import { ProgressQueue } from './progress.queue.js';

type Entry = PaymentOutcome | undefined;

/**
 * Enters contributions: the payment and the goal's progress change in one transaction, so that neither can be lost or
 * counted twice. Those of one goal that are in flight together are one transaction, since they would wait for each other.
 */
@Injectable()
export class ContributionBook {
  private readonly batchers = new Map<string, Batcher<Contribution, Entry>>();

  constructor(
    private readonly transactions: Transactions,
    private readonly contributions: ContributionStore,
    private readonly goals: ProgressStore,
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
    const entered = await this.transactions.run((transaction) => this.write(goalId, batch, transaction));
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

  private async write(goalId: string, batch: Contribution[], transaction: Transaction) {
    const goal = await this.goals.read(goalId, transaction);
    if (!goal) return undefined;
    const known = await this.contributions.known(
      goalId,
      batch.map(({ source_id }) => source_id),
      transaction,
    );
    const now = new Date();
    const { outcomes, counted, after } = count(goal, batch, known, now);
    if (counted.length > 0) {
      await this.contributions.add(goalId, counted, now, transaction);
      await this.goals.write(goalId, after, now, transaction);
    }
    return { outcomes, counted, goal };
  }
}
