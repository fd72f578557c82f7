import { setTimeout } from 'node:timers/promises';
import { type Actor, AuditLog, type AuditLine } from '#audit';
import { type ByGoal, type Contribution, ContributionStore, type KnownContribution } from '#contributions';
import {
  Clock,
  isDuplicateKey,
  isWriteConflict,
  OutageError,
  type TraceContext,
  type Transaction,
  Transactions,
} from '#platform';
import { SessionStore } from '#sessions';
import { Injectable } from '@nestjs/common';
import { count, type CountOutcome, isVoiding, type Voiding } from '../goal/progress.js';
import { type GoalInProgress, ProgressStore } from '../goal/progress.store.js';
import { ContributionMetrics } from './contribution-metrics.js';

/** The wish that a contribution count nothing any more, and whose wish it is. */
export type VoidRequested = Voiding & { actor: Actor };

/** A payment, with the id under which it is stored if it is new. */
type Payment = Contribution & { id: string };

/** A payment, or the wish that one count nothing any more. */
export type Entry = Payment | VoidRequested;

/** An entry, and the request that it came with. */
export interface Requested {
  entry: Entry;
  origin: TraceContext | undefined;
}

/** What became of the entries of a goal, and the goal as it was before. */
export type Entered = ReturnType<typeof countIn>;

/** What became of the entries of each goal: undefined if no such goal is stored, or why it is not known. */
export type Committed = Map<string, Entered | undefined | Error>;

/** So often a goal is entered again alone while others write it; as a rule, one of them has been successful each time. */
const mostTries = 100;
const longestPauseMs = 10;

/** How long goals are taken for what the last batch has left. Their versions say whether they are: until a backup is restored. */
const knownMs = 1_000;

const nothing: { goals: ReadonlyMap<string, GoalInProgress>; at: number } = { goals: new Map(), at: 0 };

/** Another transaction has come between. */
export class ConflictError extends Error {}

/**
 * Enters payments and voidings of many goals in one transaction, since the commit costs more than all that is in it. They are
 * counted by what was read before; the transaction writes only if every goal is still at that version and its session runs.
 * If something has come between, each half of the goals is tried by itself, until a conflict costs one goal alone.
 */
@Injectable()
export class GroupCommit {
  /** How far the goals of the last batch are with it, and when it was stored. Replaced, not changed: others may be reading it. */
  private last = nothing;

  constructor(
    private readonly clock: Clock,
    private readonly transactions: Transactions,
    private readonly contributions: ContributionStore,
    private readonly goals: ProgressStore,
    private readonly sessions: SessionStore,
    private readonly audit: AuditLog,
    private readonly metrics: ContributionMetrics,
  ) {}

  /** Resolves once a majority has all that could be entered. A goal that others write meanwhile has a ConflictError. */
  async commit(entries: ByGoal<Requested>): Promise<Committed> {
    const committed: Committed = new Map();
    const parts = [[...entries]];
    for (let part = parts.pop(), isFirstTry = true; part; part = parts.pop(), isFirstTry = false) {
      try {
        const all = await this.enter(new Map(part), isFirstTry);
        for (const [goalId, entered] of all) committed.set(goalId, entered);
        this.last = { goals: afterAll(all), at: performance.now() };
      } catch (error) {
        this.last = nothing;
        if (error instanceof ConflictError) this.metrics.conflict();
        if (error instanceof ConflictError && part.length > 1) parts.push(...halves(part));
        else for (const [goalId] of part) committed.set(goalId, error as Error);
      }
    }
    return committed;
  }

  /** Enters what is for one goal, again after each conflict. Throws an OutageError if it is not left alone. */
  async commitOne(goalId: string, requested: Requested[]): Promise<Entered | undefined> {
    for (let tries = 1; tries <= mostTries; tries += 1) {
      // Others write it, too.
      this.last = nothing;
      const entered = (await this.commit(new Map([[goalId, requested]]))).get(goalId);
      if (!(entered instanceof Error)) return entered;
      if (!(entered instanceof ConflictError)) throw entered;
      await setTimeout(Math.random() * longestPauseMs);
    }
    // As a rule its process has died, and the server has not given it up yet.
    throw new OutageError('another transaction holds the goal');
  }

  /** Throws a ConflictError if something has come between. */
  private async enter(
    entries: ByGoal<Requested>,
    isFirstTry: boolean,
  ): Promise<Map<string, Entered | undefined>> {
    let ended: string[] = [];
    // Payments are new as a rule; what is to be voided has been paid.
    let seesKnown = [...entries.values()].flat().some(({ entry }) => isVoiding(entry));
    for (;;) {
      const goals = await this.read([...entries.keys()], isFirstTry && !seesKnown);
      // Behind the goals: what comes between the two changes the version of its goal.
      const known = seesKnown ? await this.contributions.known(sourcesOf(entries)) : undefined;
      const now = this.clock.now();
      const entered = new Map(
        [...entries].map(([goalId, requested]) => {
          const goal = goals.get(goalId);
          const moment = { now, sessionEnded: ended.includes(goal?.sessionId ?? '') };
          return [goalId, goal && countIn(goal, requested, known?.get(goalId), moment)] as const;
        }),
      );
      // What was entered before is not refused, whatever has become of its goal since.
      const isRefusing = [...entered.values()].some((one) => one?.outcomes.some((of) => 'refused' in of));
      if (isRefusing && !seesKnown) {
        seesKnown = true;
        continue;
      }
      try {
        const endedMeanwhile = await this.writeAll(entries, entered, ended, now, isFirstTry);
        if (!endedMeanwhile) return entered;
        ended = endedMeanwhile;
      } catch (error) {
        if (!isDuplicateKey(error)) throw error;
        // One of them was entered since it was looked up.
        if (seesKnown) throw new ConflictError();
        seesKnown = true;
      }
    }
  }

  /** How far goals are. One that gets much is in one batch after the other, and need not be read for each. */
  private async read(goalIds: string[], mayBeStale: boolean): Promise<ReadonlyMap<string, GoalInProgress>> {
    const { goals, at } = this.last;
    const isKnown =
      mayBeStale && performance.now() - at < knownMs && goalIds.every((goalId) => goals.has(goalId));
    return isKnown ? goals : this.goals.read(goalIds);
  }

  /** Writes everything in a transaction, like `write`. */
  private async writeAll(
    entries: ByGoal<Requested>,
    entered: ReadonlyMap<string, Entered | undefined>,
    ended: string[],
    now: Date,
    isFirstTry: boolean,
  ): Promise<string[] | undefined> {
    const all = [...entered].flatMap(([goalId, one]) => (one ? [{ goalId, ...one }] : []));
    // What was answered before needs no transaction, which may be held up.
    if (all.every(({ outcomes }) => outcomes.every(isRepeated))) return undefined;
    const unmarked = all.filter((one) => isChange(one) && !one.goal.isMarked).map(({ goalId }) => goalId);
    // A goal that keeps this from it is marked by the transaction, like all others.
    if (isFirstTry) await this.goals.mark(unmarked).catch(() => undefined);
    return this.transactions.run((transaction) => this.write(entries, entered, ended, now, transaction));
  }

  /** Writes everything; if sessions have ended that were believed to run it writes nothing and returns all that have. */
  private async write(
    entries: ByGoal<Requested>,
    entered: ReadonlyMap<string, Entered | undefined>,
    ended: string[],
    now: Date,
    transaction: Transaction,
  ): Promise<string[] | undefined> {
    const stored = [...entered].flatMap(([goalId, one]) => (one ? [{ goalId, ...one }] : []));
    const changed = stored.filter(isChange);
    try {
      // First what others write, too: a conflict then costs nothing else.
      const areSame = await this.goals.write(
        changed.map(({ goalId, goal, after, corrections }) => ({
          goalId,
          version: goal.version,
          after,
          corrections,
          completedAt: goal.state === 'active' && after.state === 'completed' ? now : undefined,
          origin: entries.get(goalId)![0]!.origin,
        })),
        transaction,
      );
      if (!areSame) throw new ConflictError();
      // Only a known class says that its goals belong to a session.
      const ofSessions = stored.filter(({ goal }) => goal.goalClass !== undefined);
      const sessionIds = [...new Set(ofSessions.map(({ goal }) => goal.sessionId))];
      const endedByNow = sessionIds.length > 0 ? await this.sessions.endedOf(sessionIds, transaction) : [];
      if (endedByNow.some((id) => !ended.includes(id))) {
        await transaction.abortTransaction();
        return endedByNow;
      }
      await this.contributions.add(byGoal(changed, 'added'), now, transaction);
      await this.contributions.void(byGoal(changed, 'voided'), transaction);
      const lines = changed.flatMap((one) => voidLines(one.goalId, entries.get(one.goalId)!, one));
      await this.audit.record(lines, transaction);
      return undefined;
    } catch (error) {
      if (isWriteConflict(error)) throw new ConflictError();
      throw error;
    }
  }
}

/** Counts entries of a goal by what is known of it. */
export function countIn(
  goal: GoalInProgress,
  requested: Requested[],
  known: ReadonlyMap<string, KnownContribution> = new Map(),
  moment: { now: Date; sessionEnded: boolean },
) {
  const entries = requested.map(({ entry }) => entry);
  const classUnknown = goal.goalClass === undefined;
  return {
    goal,
    ...count<Payment, KnownContribution>(goal, entries, known, { ...moment, classUnknown }),
  };
}

/** How far goals are once their entries are stored. */
function afterAll(entered: ReadonlyMap<string, Entered | undefined>): Map<string, GoalInProgress> {
  return new Map(
    [...entered].flatMap(([goalId, one]) => {
      if (!one) return [];
      const { goal, after } = one;
      return [
        [goalId, isChange(one) ? { ...goal, ...after, version: goal.version + 1, isMarked: true } : goal],
      ];
    }),
  );
}

/** Whether it was entered before. */
const isRepeated = (outcome: CountOutcome) => 'isNew' in outcome && !outcome.isNew;

/** Whether anything is stored for it. */
export const isChange = ({ added, voided }: Pick<Entered, 'added' | 'voided'>) =>
  added.length + voided.length > 0;

/** The source ids of entries, by the id of their goal. */
export const sourcesOf = (entries: ByGoal<Requested>): Map<string, string[]> =>
  new Map([...entries].map(([goalId, ofGoal]) => [goalId, ofGoal.map(({ entry }) => entry.source_id)]));

function byGoal<Part extends 'added' | 'voided'>(changed: (Entered & { goalId: string })[], part: Part) {
  return new Map(changed.map((one) => [one.goalId, one[part] as Entered[Part]]));
}

function halves<Item>(items: Item[]): Item[][] {
  const middle = Math.ceil(items.length / 2);
  return [items.slice(0, middle), items.slice(middle)];
}

/** The lines in the audit log for what was voided, tombstones among it. */
function voidLines(goalId: string, requested: Requested[], { goal, added, voided }: Entered): AuditLine[] {
  const now = new Map([...added, ...voided].map((source) => [source.source_id, source]));
  const granted = new Set<string>();
  return requested.flatMap(({ entry, origin }): AuditLine[] => {
    const source = now.get(entry.source_id);
    // Of several wishes in the batch, the first one was granted.
    if (!isVoiding(entry) || source?.voided_at === undefined || granted.has(entry.source_id)) return [];
    granted.add(entry.source_id);
    const { source_id, voided_at, void_reason = null, amount } = source;
    const line = {
      act: 'void_contribution' as const,
      actor: entry.actor,
      target: { goal_id: goalId, session_id: goal.sessionId, source_id },
      before: 'tombstone' in source ? null : { amount, voided_at: null },
      after: { amount, voided_at, void_reason },
    };
    return [{ ...line, ...(origin?.request_id && { request_id: origin.request_id }) }];
  });
}
