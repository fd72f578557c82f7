import { ContributionStore, type Sums, SettlementStore } from '#contributions';
import { type Transaction, Transactions } from '#platform';
import { Injectable } from '@nestjs/common';
import { UnpublishedGoals } from '../publishing/unpublished-goals.js';
import { FundingService } from '../funding/funding.service.js';
import type { GoalRecord } from '../goal/goal.schema.js';
import { classOf } from '../goal/goal.view.js';
import { isSettled } from '../goal/outcome.js';
import type { Progress } from '../goal/progress.js';
import { type GoalInProgress, ProgressStore } from '../goal/progress.store.js';
import { isInSeconds } from '../goal/show-end.js';
import { LeaderboardCheck } from '../leaderboard/leaderboard-check.js';

/** Says what a goal lacks, undefined if nothing, and mends it if that is wished. Throws if it cannot be mended. */
type Check = (fix: boolean) => Promise<string[] | undefined>;

/**
 * Compares what is counted of a goal's money with its contributions: progress and late tickets, leaderboard, settlement. A first
 * look takes many goals at once and may see a payment half; what differs is looked at again in a transaction.
 */
@Injectable()
export class MoneyCheck {
  constructor(
    private readonly transactions: Transactions,
    private readonly contributions: ContributionStore,
    private readonly settlements: SettlementStore,
    private readonly progress: ProgressStore,
    private readonly unpublished: UnpublishedGoals,
    private readonly leaderboards: LeaderboardCheck,
    private readonly funding: FundingService,
  ) {}

  /** The checks of those of these goals for which there is something to look at; a step of funding counts once it was due then. */
  async *checksOf(goals: GoalRecord[], dueBefore: Date): AsyncGenerator<{ goal: GoalRecord; check: Check }> {
    // Goals of older writers have no unit, and perhaps no contributions to what they have counted.
    const counting = goals.filter(
      (goal) => isReadable(goal) && goal.unit !== undefined && !isInSeconds(goal),
    );
    const ids = counting.map(goalIdOf);
    const [sums, ranked] = await Promise.all([this.contributions.sums(ids), this.leaderboards.existing(ids)]);
    for (const goal of counting) {
      const { counted, late } = sums.get(goalIdOf(goal)) ?? none;
      if (counted !== (goal.progress ?? 0) || late !== (goal.late_tickets ?? 0))
        yield { goal, check: (fix) => this.checkSums(goalIdOf(goal), fix) };
      if (ranked.has(goalIdOf(goal)))
        yield { goal, check: (fix) => this.checkLeaderboard(goalIdOf(goal), fix) };
    }
    for (const goal of goals) {
      if (!isReadable(goal) || classOf(goal) !== 'ShowFundingGoal') continue;
      if (goal.settlement) yield { goal, check: () => this.checkSettlement(goal) };
      else if (!isSettled(goal.outcome ?? 'open'))
        yield { goal, check: (fix) => this.checkFunding(goalIdOf(goal), dueBefore, fix) };
    }
  }

  private async checkSums(goalId: string, fix: boolean): Promise<string[] | undefined> {
    const found = await this.transactions.run(async (transaction) => {
      const goal = (await this.progress.read([goalId], transaction)).get(goalId);
      const sums = (await this.contributions.sums([goalId], transaction)).get(goalId) ?? none;
      if (!goal || isCounted(goal, sums)) return undefined;
      if (goal.funding && isSettled(goal.funding.outcome))
        throw new Error(`it is settled, and its contributions come to ${sums.counted} and ${sums.late} late`);
      if (fix) await this.write(goalId, goal, sums, transaction);
      return ['sums'];
    });
    if (found && fix) await this.unpublished.changed(goalId);
    return found;
  }

  private async write(
    goalId: string,
    goal: GoalInProgress,
    { counted, late }: Sums,
    transaction: Transaction,
  ): Promise<void> {
    const level = goal.levels.filter(({ target }) => counted >= target).length;
    const after: Progress = {
      ...goal,
      progress: counted,
      level,
      peakLevel: Math.max(goal.peakLevel, level),
      ...(goal.funding && { funding: { ...goal.funding, lateTickets: late } }),
    };
    const completes = goal.state === 'active' && level > 0 && level === goal.levels.length;
    const completedAt = completes ? new Date() : undefined;
    const change = { goalId, version: goal.version, after, corrections: [], completedAt };
    if (!(await this.progress.write([change], transaction))) throw new Error('it changed meanwhile');
  }

  /** Drops a leaderboard that is at the version of its goal and shows other sums, or is ahead of it; a reader has it made anew. */
  private async checkLeaderboard(goalId: string, fix: boolean): Promise<string[] | undefined> {
    const read = () =>
      this.transactions.snapshot(async (session) => {
        const { counted, late } = (await this.contributions.sums([goalId], session)).get(goalId) ?? none;
        return { version: await this.progress.version(goalId, session), total: counted + late };
      });
    if (!(await this.leaderboards.isWrong(goalId, read))) return undefined;
    if (fix) await this.leaderboards.drop(goalId);
    return ['leaderboard'];
  }

  /** What was settled is said once and for good, so that a difference can only be reported. */
  private async checkSettlement(goal: GoalRecord): Promise<undefined> {
    const goalId = goalIdOf(goal);
    const { tickets, total } = goal.settlement!;
    const tallies = await this.transactions.run((transaction) =>
      this.settlements.tallies([goalId], transaction),
    );
    const tally = tallies.get(goalId)!;
    if (tally.tickets !== tickets || tally.total !== total)
      throw new Error(
        `settled were ${tickets} tickets of ${total}, its contributions are ${tally.tickets} of ${tally.total}`,
      );
    return undefined;
  }

  private async checkFunding(goalId: string, dueBefore: Date, fix: boolean): Promise<string[] | undefined> {
    if (!(await this.funding.isDue(goalId, dueBefore))) return undefined;
    if (fix) await this.funding.advance(goalId);
    return ['settle'];
  }
}

const none: Sums = { counted: 0, late: 0 };

const isCounted = ({ progress, funding }: GoalInProgress, { counted, late }: Sums): boolean =>
  progress === counted && (funding?.lateTickets ?? 0) === late;

const goalIdOf = ({ _id }: GoalRecord): string => _id.toHexString();

/** Whether it is of a known class and has an id; others are reported where their effects are compared. */
const isReadable = (goal: GoalRecord): boolean =>
  typeof goal._id?.toHexString === 'function' && typeof goal._cls === 'string' && classOf(goal) !== undefined;
