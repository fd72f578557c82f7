import { type Contribution, ContributionStore } from '#contributions';
import {
  batchOfReads,
  batchOfWrites,
  type BatchOutcome,
  Clock,
  isDuplicateKey,
  isId,
  KeyedBatcher,
  type Transaction,
  Transactions,
} from '#platform';
import { SessionStore } from '#sessions';
import { Injectable } from '@nestjs/common';
import { count, type CountingMoment, type PaymentOutcome } from '../goal/progress.js';
import { type GoalInProgress, ProgressStore } from '../goal/progress.store.js';
import { Leaderboard } from '../leaderboard/leaderboard.js';
import { LateTicketNotifier } from './late-ticket-notifier.js';
import { ProgressQueue } from './progress.queue.js';

/**
 * Enters contributions: the payment and the goal's progress change in one transaction, which also sees whether the session
 * runs, so that none can be lost, counted twice or taken for a session that has ended. Those of one goal that are in flight
 * together are one transaction, since they would wait for each other. What is counted already is answered before, by a read
 * of what a majority has: a payment that is sent again waits for no transaction, whatever holds those up.
 */
@Injectable()
export class ContributionService {
  private readonly lookups: KeyedBatcher<Contribution, PaymentOutcome | undefined>;
  private readonly entries: KeyedBatcher<Contribution, PaymentOutcome | undefined>;

  constructor(
    private readonly clock: Clock,
    private readonly transactions: Transactions,
    private readonly contributions: ContributionStore,
    private readonly goals: ProgressStore,
    private readonly sessions: SessionStore,
    private readonly progress: ProgressQueue,
    private readonly leaderboard: Leaderboard,
    private readonly lateTickets: LateTicketNotifier,
  ) {
    this.lookups = new KeyedBatcher((goalId, batch) => this.lookUp(goalId, batch), batchOfReads);
    this.entries = new KeyedBatcher((goalId, batch) => this.enterAll(goalId, batch), batchOfWrites);
  }

  /** What became of the contribution; undefined if no such goal is stored. */
  async enter(goalId: string, contribution: Contribution): Promise<PaymentOutcome | undefined> {
    if (!isId(goalId)) return undefined;
    return (await this.lookups.add(goalId, contribution)) ?? this.entries.add(goalId, contribution);
  }

  /** The earlier answer to each of them; undefined if it was not counted. */
  private async lookUp(
    goalId: string,
    batch: Contribution[],
  ): Promise<BatchOutcome<PaymentOutcome | undefined>[]> {
    const known = await this.contributions.known(goalId, sourcesOf(batch));
    const goal = known.size > 0 ? await this.goals.read(goalId) : undefined;
    if (!goal) return batch.map(() => ({ value: undefined }));
    const again = batch.filter(({ source_id }) => known.has(source_id));
    const { outcomes } = countIn(goal, again, known, { now: this.clock.now(), sessionEnded: false });
    // Whoever sends it twice may have got no answer the first time.
    await this.notifyLate(goalId, goal, again, outcomes);
    return batch.map((contribution) => ({ value: outcomes[again.indexOf(contribution)] }));
  }

  private async enterAll(
    goalId: string,
    batch: Contribution[],
  ): Promise<BatchOutcome<PaymentOutcome | undefined>[]> {
    const entered = await this.count(goalId, batch);
    if (!entered) return batch.map(() => ({ value: undefined }));
    const { goal, counted, outcomes } = entered;
    if (counted.length > 0)
      await Promise.all([this.progress.add(goalId), this.leaderboard.add(goalId, counted, goal.version + 1)]);
    await this.notifyLate(goalId, goal, batch, outcomes);
    return outcomes.map((value) => ({ value }));
  }

  /** Notifies the buyers of tickets, new or known, that they may watch if the show is on. */
  private async notifyLate(
    goalId: string,
    { goalClass, sessionId }: GoalInProgress,
    batch: Contribution[],
    outcomes: PaymentOutcome[],
  ): Promise<void> {
    if (goalClass !== 'ShowFundingGoal') return;
    const tickets = batch.filter((_, index) => 'isNew' in outcomes[index]!);
    if (tickets.length > 0) await this.lateTickets.notify(goalId, sessionId, tickets);
  }

  private async count(goalId: string, batch: Contribution[]): Promise<Counted | undefined> {
    try {
      return await this.transactions.run((transaction) => this.write(goalId, batch, new Map(), transaction));
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
      // One of them was counted since it was looked up; the transaction itself sees which.
      return this.transactions.run(async (transaction) => {
        const known = await this.contributions.known(goalId, sourcesOf(batch), transaction);
        return this.write(goalId, batch, known, transaction);
      });
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
    // Only a known class says that its goals belong to a session.
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
