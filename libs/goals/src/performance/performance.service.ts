import type { Performed, PerformanceState } from '#contracts';
import { Clock, isDuplicateKey, type Transaction, Transactions, validationFailed } from '#platform';
import { sessionEnded, SessionStore } from '#sessions';
import { Injectable } from '@nestjs/common';
import { UnpublishedGoals } from '../publishing/unpublished-goals.js';
import {
  goalOver,
  notAShow,
  requestedClassOf,
  sourceIdReused,
  takesNoPerformance,
} from '../goal/goal.problems.js';
import type { GoalRecord } from '../goal/goal.schema.js';
import { opensAt } from '../goal/goal.view.js';
import { performanceOf, withReport } from '../goal/performance.js';
import { PerformanceStore } from '../goal/performance.store.js';
import { hasEnded, isInSeconds, progressFields, standingOf } from '../goal/show-end.js';
import { GoalsConfig } from '../goals.config.js';
import { notAfter, PerformanceReportStore } from './performance-report.store.js';
import { PerformanceTimers } from './performance-timers.js';

/** A report as it is entered; without `at` it is of the moment in which it comes. */
export interface NewReport {
  source_id: string;
  state: PerformanceState;
  at?: Date;
}

/** How far the clock of who reports may be ahead. */
const mostAheadMs = 5_000;

/**
 * Enters reports of performed time. The report and the seconds that all reports give together change in one transaction, so that
 * reports may come twice, late and in any order.
 */
@Injectable()
export class PerformanceService {
  constructor(
    private readonly clock: Clock,
    private readonly config: GoalsConfig,
    private readonly transactions: Transactions,
    private readonly sessions: SessionStore,
    private readonly shows: PerformanceStore,
    private readonly reports: PerformanceReportStore,
    private readonly unpublished: UnpublishedGoals,
    private readonly timers: PerformanceTimers,
  ) {}

  /** Where the show stands with the report; undefined if no such goal is stored. Throws the problem by which it is refused. */
  async enter(goalId: string, report: NewReport): Promise<Performed | undefined> {
    const entered = await this.write(goalId, report);
    if (!entered) return undefined;
    const { show, isNew } = entered;
    if (isNew) await this.unpublished.progressed(goalId, show.unit);
    // Also for one that came before: who sends it twice may have got no answer the first time.
    await this.timers.set(show);
    const { state, progress, level } = standingOf(show, this.clock.now(), this.config.performanceSilenceMs);
    return { goal_id: goalId, state, progress, level };
  }

  private async write(goalId: string, report: NewReport): Promise<Entered | undefined> {
    const write = () => this.transactions.run((transaction) => this.writeIn(goalId, report, transaction));
    try {
      return await write();
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
      // It was entered at the same time; now it is known.
      return write();
    }
  }

  private async writeIn(
    goalId: string,
    { source_id, state, at: said }: NewReport,
    transaction: Transaction,
  ): Promise<Entered | undefined> {
    const show = await this.shows.read(goalId, transaction);
    if (!show) return undefined;
    assertInSeconds(show);
    const known = await this.reports.find(goalId, source_id, transaction);
    if (known) {
      const isSame = known.state === state && (!said || said.getTime() === known.at.getTime());
      if (!isSame)
        throw sourceIdReused('The show has this source_id with another state or time.', { goal_id: goalId });
      return { show, isNew: false };
    }
    if ((await this.sessions.endedOf([show.conditions.session_id], transaction)).length > 0)
      throw sessionEnded('The session of the show has ended.', { goal_id: goalId });
    if (hasEnded(show)) throw goalOver('The show has ended.');

    const now = this.clock.now();
    const at = said ?? now;
    assertInWindow(at, show, now);
    await this.reports.add(goalId, { source_id, state, at, created_at: now }, transaction);
    const after = {
      ...show,
      performance: await this.performance(show, { state, at: notAfter(now, at) }, transaction),
    };
    const { performanceSilenceMs } = this.config;
    const fields = progressFields(after, standingOf(after, now, performanceSilenceMs), now);
    await this.shows.write(show, fields, transaction);
    return { show: { ...after, ...fields }, isNew: true };
  }

  /** What all reports say. Only one that is not later than the latest makes it necessary to read the others. */
  private async performance(
    { _id, performance }: GoalRecord,
    report: { state: PerformanceState; at: Date },
    transaction: Transaction,
  ): Promise<GoalRecord['performance']> {
    const { performanceSilenceMs } = this.config;
    if (!performance || report.at > performance.reported_at)
      return withReport(performance, report, performanceSilenceMs);
    return performanceOf(await this.reports.all(_id.toHexString(), transaction), performanceSilenceMs);
  }
}

/** A show with a report in it, and whether that was entered just now. */
interface Entered {
  show: GoalRecord;
  isNew: boolean;
}

function assertInSeconds(goal: GoalRecord): void {
  const goalClass = requestedClassOf(goal);
  if (goalClass !== 'ShowGoal') throw notAShow(`The goal is a ${goalClass}.`);
  if (!isInSeconds(goal)) throw takesNoPerformance('The show counts what is given, not what is performed.');
}

/** Throws validation_failed unless the moment is in the window of the show, and not too far ahead. */
function assertInWindow(at: Date, show: GoalRecord, now: Date): void {
  const refuse = (detail: string) =>
    validationFailed('The request has invalid fields.', { errors: [{ pointer: '/at', detail }] });
  if (at.getTime() > now.getTime() + mostAheadMs) throw refuse('must be at most 5 s ahead');
  if (at < opensAt(show)) throw refuse('must not be before the nbf of the show');
  if (show.exp && at >= show.exp) throw refuse('must be before the exp of the show');
}
