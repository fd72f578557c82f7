import { type Actor, AuditLog, type AuditLine } from '#audit';
import { type Contribution, ContributionStore, type KnownContribution } from '#contributions';
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
import { count, type CountingMoment, type CountOutcome, isVoiding, type Voiding } from '../goal/progress.js';
import { type GoalInProgress, ProgressStore } from '../goal/progress.store.js';
import { Leaderboard, type LeaderboardChange } from '../leaderboard/leaderboard.js';
import { ContributionMetrics } from './contribution-metrics.js';
import { LateTicketNotifier } from './late-ticket-notifier.js';
import { UnpublishedGoals } from '../publishing/unpublished-goals.js';

/** The wish that a contribution count nothing any more, and whose wish it is. */
export type VoidRequested = Voiding & { actor: Actor };

/** What a batch is made of: payments, and wishes that one count nothing any more. */
type Entry = Contribution | VoidRequested;

/**
 * Enters contributions and voids them: the payment and the goal's progress change in one transaction, which also sees whether
 * the session runs and the goal is settled, so that none can be lost, counted twice or taken for a session that has ended.
 * Those of one goal that are in flight together are one transaction, since they would wait for each other. What is done
 * already is answered before, by a read of what a majority has: what is sent again waits for no transaction, whatever holds
 * those up.
 */
@Injectable()
export class ContributionService {
  private readonly lookups: KeyedBatcher<Entry, CountOutcome | undefined>;
  private readonly entries: KeyedBatcher<Entry, CountOutcome | undefined>;

  constructor(
    private readonly clock: Clock,
    private readonly transactions: Transactions,
    private readonly contributions: ContributionStore,
    private readonly goals: ProgressStore,
    private readonly sessions: SessionStore,
    private readonly unpublished: UnpublishedGoals,
    private readonly leaderboard: Leaderboard,
    private readonly lateTickets: LateTicketNotifier,
    private readonly metrics: ContributionMetrics,
    private readonly audit: AuditLog,
  ) {
    this.lookups = new KeyedBatcher((goalId, batch) => this.lookUp(goalId, batch), batchOfReads);
    this.entries = new KeyedBatcher((goalId, batch) => this.enterAll(goalId, batch), batchOfWrites);
  }

  /** What became of the payment or the voiding; undefined if no such goal is stored. */
  async enter(goalId: string, entry: Entry): Promise<CountOutcome | undefined> {
    if (!isId(goalId)) return undefined;
    return (await this.lookups.add(goalId, entry)) ?? this.entries.add(goalId, entry);
  }

  /** The earlier answer to each of them; undefined if there was none. */
  private async lookUp(goalId: string, batch: Entry[]): Promise<BatchOutcome<CountOutcome | undefined>[]> {
    const known = await this.contributions.known(goalId, sourcesOf(batch));
    const isDone = (entry: Entry) => {
      const source = known.get(entry.source_id);
      return source !== undefined && (!isVoiding(entry) || source.voided_at !== undefined);
    };
    const again = batch.filter(isDone);
    const goal = again.length > 0 ? await this.goals.read(goalId) : undefined;
    if (!goal) return batch.map(() => ({ value: undefined }));
    const counted = countIn(goal, again, known, { now: this.clock.now(), sessionEnded: false });
    // Whoever sends it twice may have got no answer the first time.
    await this.notifyLate(goalId, counted);
    return batch.map((entry) => ({ value: counted.outcomes[again.indexOf(entry)] }));
  }

  private async enterAll(goalId: string, batch: Entry[]): Promise<BatchOutcome<CountOutcome | undefined>[]> {
    const entered = await this.count(goalId, batch);
    if (!entered) return batch.map(() => ({ value: undefined }));
    if (isChange(entered)) {
      const version = entered.goal.version + 1;
      this.metrics.counted(entered);
      await Promise.all([
        this.unpublished.progressed(goalId),
        this.leaderboard.add(goalId, leaderboardChanges(entered), version),
      ]);
    }
    await this.notifyLate(goalId, entered);
    return entered.outcomes.map((value) => ({ value }));
  }

  /** Notifies the buyers of tickets, new or known, that they may watch if the show is on. */
  private async notifyLate(goalId: string, { goal, valid }: Entered): Promise<void> {
    if (goal.goalClass !== 'ShowFundingGoal' || valid.length === 0) return;
    await this.lateTickets.notify(goalId, goal.sessionId, valid);
  }

  private async count(goalId: string, batch: Entry[]): Promise<Entered | undefined> {
    const write = (seesKnown: boolean) =>
      this.transactions.run(async (transaction) => {
        const known = seesKnown
          ? await this.contributions.known(goalId, sourcesOf(batch), transaction)
          : new Map<string, KnownContribution>();
        return this.write(goalId, batch, known, transaction);
      });
    // Payments are new as a rule; what is to be voided has been paid.
    const seesKnown = batch.some(isVoiding);
    try {
      return await write(seesKnown);
    } catch (error) {
      if (seesKnown || !isDuplicateKey(error)) throw error;
      // One of them was counted since it was looked up; the transaction itself sees which.
      return write(true);
    }
  }

  private async write(
    goalId: string,
    batch: Entry[],
    known: ReadonlyMap<string, KnownContribution>,
    transaction: Transaction,
  ): Promise<Entered | undefined> {
    const goal = await this.goals.read(goalId, transaction);
    if (!goal) return undefined;
    // Only a known class says that its goals belong to a session.
    const sessionEnded =
      goal.goalClass !== undefined && (await this.sessions.hasEnded(goal.sessionId, transaction));
    const now = this.clock.now();
    const entered = countIn(goal, batch, known, { now, sessionEnded });
    const { added, voided, corrections, after } = entered;
    if (added.length > 0) await this.contributions.add(goalId, added, now, transaction);
    if (voided.length > 0) await this.contributions.void(goalId, voided, transaction);
    if (isChange(entered)) {
      const isCompleted = goal.state === 'active' && after.state === 'completed';
      await this.goals.write(goalId, after, corrections, isCompleted ? now : undefined, transaction);
    }
    await this.audit.record(voidLines(goalId, batch, entered), transaction);
    return entered;
  }
}

/** What became of a batch, and the goal as it was before. */
type Entered = ReturnType<typeof countIn>;

function countIn(
  goal: GoalInProgress,
  batch: Entry[],
  known: ReadonlyMap<string, KnownContribution>,
  moment: Omit<CountingMoment, 'classUnknown'>,
) {
  const classUnknown = goal.goalClass === undefined;
  return { goal, ...count<Contribution, KnownContribution>(goal, batch, known, { ...moment, classUnknown }) };
}

const isChange = ({ added, voided }: Entered) => added.length + voided.length > 0;

/** The lines in the audit log for what a batch has voided, tombstones among them. */
function voidLines(goalId: string, batch: Entry[], { goal, added, voided }: Entered): AuditLine[] {
  const now = new Map([...added, ...voided].map((source) => [source.source_id, source]));
  const requests = batch.filter(
    (entry, index): entry is VoidRequested =>
      isVoiding(entry) &&
      now.get(entry.source_id)?.voided_at !== undefined &&
      // Of several wishes in the batch, the first one was granted.
      batch.findIndex((other) => isVoiding(other) && other.source_id === entry.source_id) === index,
  );
  return requests.map(({ source_id, actor }) => {
    const source = now.get(source_id)!;
    const { voided_at, void_reason = null, amount } = source;
    return {
      act: 'void_contribution',
      actor,
      target: { goal_id: goalId, session_id: goal.sessionId, source_id },
      before: 'tombstone' in source ? null : { amount, voided_at: null },
      after: { amount, voided_at, void_reason },
    };
  });
}

/** What a batch changes in the sums of its givers. */
function leaderboardChanges({ added, voided }: Entered): LeaderboardChange[] {
  const changes = [
    ...added.filter(({ voided_at }) => !voided_at),
    ...voided.map((source) => ({ ...source, amount: -source.amount })),
  ];
  return changes.flatMap((source) =>
    'user_id' in source && source.user_id
      ? [{ user_id: source.user_id, anonymous: source.anonymous, amount: source.amount }]
      : [],
  );
}

const sourcesOf = (batch: Entry[]) => batch.map(({ source_id }) => source_id);
