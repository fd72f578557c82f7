import { SessionStore } from '#sessions';
import { Injectable } from '@nestjs/common';
import { EndSessionProcessor } from '../end-session/end-session.processor.js';
import { EndSessionQueue } from '../end-session/end-session.queue.js';
import type { GoalRecord } from '../goal/goal.schema.js';
import { GoalStore } from '../goal/goal.store.js';
import { knownClassOf } from '../goal/goal.view.js';
import { Lifecycle } from '../lifecycle/lifecycle.js';
import { SkippedGoals } from '../lifecycle/skipped-goals.js';
import { type Comparison, GoalEffects } from './goal-effects.js';
import { MoneyCheck } from './money-check.js';
import { RequestSweep } from './request-sweep.js';

const batch = 500;

/** What is not as it should be: of a goal or of a session, and what it lacks. Or why it could not be compared or mended. */
export interface Finding {
  goal_id?: string;
  _cls?: string;
  session_id?: string;
  /**
   * Handlers of the goal whose result is missing; `create_goal` if an accepted goal is neither stored nor queued; `end-session` if
   * it outlives its session, or the session is not closed; `sums`, `leaderboard`, `settle`.
   */
  missing: string[];
  error?: string;
}

/** Compares all that is stored with what should be, and mends it. What it has mended, another run does not find. */
@Injectable()
export class Reconciler {
  constructor(
    private readonly goals: GoalStore,
    private readonly sessions: SessionStore,
    private readonly effects: GoalEffects,
    private readonly requests: RequestSweep,
    private readonly money: MoneyCheck,
    private readonly lifecycle: Lifecycle,
    private readonly endings: EndSessionProcessor,
    private readonly endingJobs: EndSessionQueue,
    private readonly skipped: SkippedGoals,
  ) {}

  /** Looks through everything that was created before a moment; goals that show as failed are for a replay and are left out. */
  async *find(createdBefore: Date, fix: boolean): AsyncGenerator<Finding> {
    for await (const { goal_id } of this.requests.lost(createdBefore, fix))
      yield { goal_id: goal_id.toHexString(), missing: ['create_goal'] };
    yield* this.openSessions(fix);
    for await (const goals of this.goals.createdBefore(createdBefore, batch)) {
      for (const comparison of await this.effects.compare(goals, { tracked: false })) {
        const finding = await this.guarded(comparison.goal, () => this.judge(comparison, fix));
        if (finding) yield finding;
      }
      for await (const { goal, check } of this.money.checksOf(goals, createdBefore)) {
        const finding = await this.guarded(goal, async () => {
          const missing = await check(fix);
          return missing && findingOf(goal, missing);
        });
        if (finding) yield finding;
      }
    }
  }

  /** What a goal lacks; undefined if it is whole. */
  private async judge(comparison: Comparison, fix: boolean): Promise<Finding | undefined> {
    const { goal, missing, outlives, error } = comparison;
    if (error) throw error;
    if (missing.length === 0 && !outlives) return undefined;
    if (fix && missing.length > 0) await this.effects.deliver(comparison);
    if (fix && outlives) await this.lifecycle.cancel(goal._id.toHexString(), 'session_ended');
    return findingOf(goal, outlives ? [...missing, 'end-session'] : missing);
  }

  /** Sessions that have ended and are not closed, although no job is about to do that. */
  private async *openSessions(fix: boolean): AsyncGenerator<Finding> {
    for (let last: string | undefined; ;) {
      const page = await this.sessions.unclosed(last, batch);
      for (const sessionId of page) {
        if (await this.endingJobs.has(sessionId)) continue;
        if (fix) await this.endings.close(sessionId);
        yield { session_id: sessionId, missing: ['end-session'] };
      }
      if (page.length < batch) return;
      last = page.at(-1);
    }
  }

  /** A goal that cannot be handled is a finding of its own, and the others go on. */
  private async guarded(
    goal: GoalRecord,
    look: () => Promise<Finding | undefined>,
  ): Promise<Finding | undefined> {
    try {
      return await look();
    } catch (error) {
      this.skipped.note('reconcile', goal, error);
      return { goal_id: String(goal._id), _cls: goal._cls, missing: [], error: String(error) };
    }
  }
}

const findingOf = (goal: GoalRecord, missing: string[]): Finding => ({
  goal_id: goal._id.toHexString(),
  _cls: knownClassOf(goal),
  missing,
});
