import { type Contribution, ContributionStore } from '#contributions';
import {
  Batcher,
  batchOfReads,
  batchOfWrites,
  type BatchOutcome,
  Clock,
  isId,
  KeyedBatcher,
  newId,
  RequestContext,
} from '#platform';
import { Injectable, Logger } from '@nestjs/common';
import { type CountOutcome, isVoiding } from '../goal/progress.js';
import { ProgressStore } from '../goal/progress.store.js';
import { Leaderboard, type LeaderboardChange } from '../leaderboard/leaderboard.js';
import { UnpublishedGoals } from '../publishing/unpublished-goals.js';
import { ContributionMetrics } from './contribution-metrics.js';
import {
  type Committed,
  ConflictError,
  countIn,
  type Entered,
  GroupCommit,
  isChange,
  type Requested,
  sourcesOf,
  type VoidRequested,
} from './group-commit.js';
import { LateTicketNotifier } from './late-ticket-notifier.js';

/** What takes longer is looked up beside its transaction. */
const patienceMs = 200;

/** An entry of a goal. */
type OfGoal = Requested & { goalId: string };

/** What became of an entry, and the end of what follows it. */
interface Stored {
  outcome: CountOutcome | undefined;
  followed: Promise<void>;
}

/**
 * Enters contributions and voids them: the payment and the goal's progress change in one transaction, which also sees whether
 * the session runs and the goal is settled, so that none can be lost, counted twice or taken for a session that has ended.
 * Those that are in flight together share a transaction, whatever their goals. If that takes long they are looked up beside it:
 * what a majority has of them is the answer, so that what is sent again waits for no transaction, whatever holds those up.
 */
@Injectable()
export class ContributionService {
  private readonly logger = new Logger(ContributionService.name);
  private readonly lookups: Batcher<OfGoal, CountOutcome | undefined>;
  private readonly entries: Batcher<OfGoal, Stored>;
  /** Those of goals that others write, each goal by itself, so that they hold up nobody else. */
  private readonly contended: KeyedBatcher<OfGoal, Stored>;

  constructor(
    private readonly clock: Clock,
    private readonly contributions: ContributionStore,
    private readonly goals: ProgressStore,
    private readonly groupCommit: GroupCommit,
    private readonly unpublished: UnpublishedGoals,
    private readonly leaderboard: Leaderboard,
    private readonly lateTickets: LateTicketNotifier,
    private readonly metrics: ContributionMetrics,
  ) {
    this.lookups = new Batcher((batch) => this.lookUp(batch), batchOfReads);
    this.entries = new Batcher((batch) => this.enterAll(batch), { ...batchOfWrites, gatherMs: 0 });
    this.contended = new KeyedBatcher((goalId, batch) => this.enterContended(goalId, batch), batchOfWrites);
  }

  /** What became of the payment or the voiding; undefined if no such goal is stored. */
  async enter(goalId: string, entry: Contribution | VoidRequested): Promise<CountOutcome | undefined> {
    if (!isId(goalId)) return undefined;
    const one: OfGoal = {
      goalId,
      entry: isVoiding(entry) ? entry : { ...entry, id: newId() },
      origin: RequestContext.current?.traceContext,
    };
    return new Promise((resolve, reject) => {
      const lookUp = () =>
        this.lookups.add(one).then(
          (known) => known && resolve(known),
          (error: unknown) => this.logger.debug(`An entry could not be looked up: ${String(error)}`),
        );
      const late = setTimeout(() => void lookUp(), patienceMs);
      this.store(one)
        .then(resolve, reject)
        .finally(() => clearTimeout(late));
    });
  }

  /** The earlier answer to each of them; undefined if there was none. */
  private async lookUp(batch: OfGoal[]): Promise<BatchOutcome<CountOutcome | undefined>[]> {
    const known = await this.contributions.known(sourcesOf(byGoal(batch)));
    const isDone = ({ goalId, entry }: OfGoal) => {
      const source = known.get(goalId)?.get(entry.source_id);
      if (!source) return false;
      // What is found under its own id is new: its transaction has ended just now.
      return isVoiding(entry) ? source.voided_at !== undefined : source.id !== entry.id;
    };
    const again = byGoal(batch.filter(isDone));
    if (again.size === 0) return batch.map(() => ({ value: undefined }));
    const goals = await this.goals.read([...again.keys()]);
    const moment = { now: this.clock.now(), sessionEnded: false };
    const outcomes = new Map<OfGoal, CountOutcome>();
    await Promise.all(
      [...goals].map(async ([goalId, goal]) => {
        const ofGoal = again.get(goalId)!;
        const counted = countIn(goal, ofGoal, known.get(goalId), moment);
        ofGoal.forEach((one, index) => outcomes.set(one, counted.outcomes[index]!));
        // Whoever sends it twice may have got no answer the first time.
        await this.notifyLate(goalId, counted);
      }),
    );
    return batch.map((one) => ({ value: outcomes.get(one) }));
  }

  private async store(one: OfGoal): Promise<CountOutcome | undefined> {
    const { outcome, followed } = await this.commit(one);
    await followed;
    return outcome;
  }

  private async commit(one: OfGoal): Promise<Stored> {
    if (!this.contended.has(one.goalId))
      try {
        return await this.entries.add(one);
      } catch (error) {
        if (!(error instanceof ConflictError)) throw error;
      }
    return this.contended.add(one.goalId, one);
  }

  private async enterAll(batch: OfGoal[]): Promise<BatchOutcome<Stored>[]> {
    const ofGoals = byGoal(batch);
    return this.stored(batch, ofGoals, await this.groupCommit.commit(ofGoals));
  }

  private async enterContended(goalId: string, batch: OfGoal[]): Promise<BatchOutcome<Stored>[]> {
    const entered = await this.groupCommit.commitOne(goalId, batch);
    return this.stored(batch, new Map([[goalId, batch]]), new Map([[goalId, entered]]));
  }

  /** The outcomes of entries. What follows them is begun, and the next batch does not wait for it. */
  private stored(
    batch: OfGoal[],
    ofGoals: ReadonlyMap<string, OfGoal[]>,
    committed: Committed,
  ): BatchOutcome<Stored>[] {
    const followed = this.follow(
      [...committed].flatMap(([goalId, entered]) =>
        entered && !(entered instanceof Error) ? [{ goalId, ...entered }] : [],
      ),
    );
    // Nobody may wait for it any more: an entry has no outcome after its time.
    followed.catch(() => undefined);
    const outcomes = new Map<OfGoal, BatchOutcome<Stored>>();
    for (const [goalId, entered] of committed) {
      const outcomeOf = (index: number) =>
        entered instanceof Error
          ? { error: entered }
          : { value: { outcome: entered?.outcomes[index], followed } };
      ofGoals.get(goalId)!.forEach((one, index) => outcomes.set(one, outcomeOf(index)));
    }
    return batch.map((one) => outcomes.get(one)!);
  }

  /** Has done what follows the entries of goals. */
  private async follow(entered: (Entered & { goalId: string })[]): Promise<void> {
    const changed = entered.filter(isChange);
    for (const one of changed) this.metrics.counted(one);
    await Promise.all([
      ...changed.map(({ goalId }) => this.unpublished.progressed(goalId)),
      this.leaderboard.add(
        changed.map((one) => ({
          goalId: one.goalId,
          changes: leaderboardChanges(one),
          version: one.goal.version + 1,
        })),
      ),
    ]);
    await Promise.all(entered.map((one) => this.notifyLate(one.goalId, one)));
  }

  /** Notifies the buyers of tickets, new or known, that they may watch if the show is on. */
  private async notifyLate(goalId: string, { goal, valid }: Entered): Promise<void> {
    if (goal.goalClass !== 'ShowFundingGoal' || valid.length === 0) return;
    await this.lateTickets.notify(goalId, goal.sessionId, valid);
  }
}

/** Entries by the id of their goal, in the order in which they came. */
const byGoal = (entries: OfGoal[]): Map<string, OfGoal[]> => Map.groupBy(entries, ({ goalId }) => goalId);

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
