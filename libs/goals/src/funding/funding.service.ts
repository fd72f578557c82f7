import { Clock, Problem } from '#platform';
import { type SessionRecord, SessionStore } from '#sessions';
import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { FundingStore, type Verdict } from '../goal/funding.store.js';
import type { GoalRecord } from '../goal/goal.schema.js';
import { GoalStore } from '../goal/goal.store.js';
import { classOf } from '../goal/goal.view.js';
import { type FundingFacts, nextStep, type ShowState } from '../goal/outcome.js';
import { stateOf } from '../goal/rules.js';
import { GoalMetrics } from '../lifecycle/goal-metrics.js';
import { UnpublishedGoals } from '../publishing/unpublished-goals.js';
import { ShowReader } from '../read-goal/show.reader.js';
import { FundingMetrics } from './funding-metrics.js';
import { FundingQueue } from './funding.queue.js';
import { ownShowCommand } from './own-show.js';
import { Settlements } from './settlements.js';

/** A goal passes through few outcomes; who has lost so many races fails, and the job is retried later. */
const mostSteps = 20;

/** A funding goal with all that decides about it, as read in one go. */
interface Subject {
  goal: GoalRecord;
  session: SessionRecord | null;
  facts: FundingFacts;
}

/**
 * Takes funding goals to their outcome. Whoever asks, however often and beside whom, the result is the same: each step is
 * decided by the stored facts alone and taken by compare-and-set.
 */
@Injectable()
export class FundingService {
  constructor(
    private readonly clock: Clock,
    private readonly goals: GoalStore,
    private readonly store: FundingStore,
    private readonly shows: ShowReader,
    private readonly sessions: SessionStore,
    private readonly settlements: Settlements,
    private readonly commands: CommandBus,
    private readonly unpublished: UnpublishedGoals,
    private readonly goalMetrics: GoalMetrics,
    private readonly queue: FundingQueue,
    private readonly metrics: FundingMetrics,
  ) {}

  /**
   * Takes the steps that are due for a goal, and sets a timer for the next one. Does nothing for a goal that is no funding
   * goal. Returns the facts as they are then. Throws the problem with which a show that goalpost starts was refused. What has
   * changed is published after that: a show that starts does not wait for the news that its countdown has ended.
   */
  async advance(goalId: string): Promise<FundingFacts | undefined> {
    let isChanged = false;
    let started: { refused?: Problem } | undefined;
    let ended: Subject | undefined;
    try {
      for (let steps = 0; steps < mostSteps; steps++) {
        const subject: Subject | undefined = ended ?? (await this.read(goalId));
        ended = undefined;
        if (!subject) return undefined;
        const { goal, session, facts } = subject;
        const now = this.clock.now();
        const next = nextStep(facts, now);
        if (next?.step === 'start-show' && started?.refused) throw started.refused;
        // A show that was accepted and yet is none has a dead job, which waits for a replay.
        if (!next || (next.step === 'start-show' && started)) {
          await this.setTimer(goalId, facts);
          return facts;
        }
        if (next.step === 'start-show') started = { refused: await this.startShow(goal, session, now) };
        else if (next.step === 'settle') isChanged = (await this.settle(goal, next)) || isChanged;
        else {
          ended = await this.endCountdown(subject, now);
          isChanged ||= ended !== undefined;
        }
      }
      throw new Error(`the goal ${goalId} changed with each step that was to be taken`);
    } finally {
      if (isChanged) await this.unpublished.changed(goalId);
    }
  }

  /** Whether a step was due for a goal at a moment that nothing holds up. */
  async isDue(goalId: string, moment: Date): Promise<boolean> {
    const subject = await this.read(goalId);
    const next = subject && nextStep(subject.facts, moment);
    // A show that was accepted and could not be created waits for a replay.
    return next !== undefined && !(next.step === 'start-show' && subject?.goal.accepted_show);
  }

  private async read(goalId: string): Promise<Subject | undefined> {
    const goal = await this.goals.find(goalId);
    if (!goal || classOf(goal) !== 'ShowFundingGoal') return undefined;
    const [session, show] = await Promise.all([
      this.sessions.find(goal.conditions.session_id),
      this.shows.stateOf(goal),
    ]);
    return subjectOf(goal, session, show);
  }

  /** The goal after it; undefined if it has changed since it was read. */
  private async endCountdown({ goal, session, facts }: Subject, now: Date): Promise<Subject | undefined> {
    const ended = await this.store.endCountdown(goal, now);
    if (!ended) return undefined;
    const { exp, ended_at, outcome } = ended;
    this.metrics.decided(outcome!);
    if (exp && ended_at && exp <= ended_at) this.goalMetrics.stepped('expire', exp, now);
    return subjectOf(ended, session, facts.show);
  }

  /** Whether this has settled it. */
  private async settle(goal: GoalRecord, verdict: Verdict): Promise<boolean> {
    const isSettled = await this.settlements.settle(goal, verdict);
    if (isSettled) this.metrics.decided(verdict.outcome, verdict.void_reason);
    return isSettled;
  }

  /** Returns the problem with which the show was refused: another one may have been accepted, or the session may have ended. */
  private async startShow(
    goal: GoalRecord,
    session: SessionRecord | null,
    now: Date,
  ): Promise<Problem | undefined> {
    const command = session && ownShowCommand(goal, session, now);
    if (!command) return undefined;
    try {
      await this.commands.execute(command);
      return undefined;
    } catch (error) {
      if (error instanceof Problem) return error;
      throw error;
    }
  }

  /** When a goal for which no step is due has to be looked at again, unless somebody asks before. */
  private async setTimer(goalId: string, { outcome, exp, settleBy, show }: FundingFacts): Promise<void> {
    if (show !== 'none') return;
    if (outcome === 'open' && exp) await this.queue.at(exp, goalId);
    if (settleBy && (outcome === 'funded' || outcome === 'underfunded'))
      await this.queue.at(settleBy, goalId);
  }
}

function subjectOf(goal: GoalRecord, session: SessionRecord | null, show: ShowState): Subject {
  const facts: FundingFacts = {
    outcome: goal.outcome ?? 'open',
    isReached: (goal.level ?? 0) >= (goal.minimum_level ?? 1),
    exp: goal.exp ?? null,
    settleBy: goal.settle_by ?? null,
    isCancelled: stateOf(goal) === 'cancelled' && goal.cancel_reason !== 'session_ended',
    sessionEnded: session?.active === false || session === null,
    show,
    startsItself: goal.show?.start === 'on_countdown_end',
  };
  return { goal, session, facts };
}
