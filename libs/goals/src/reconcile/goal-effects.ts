import { AnalyticsEventStore } from '#analytics';
import { FeedStore } from '#livestream';
import { Clock, idFrom, isId, Ledger } from '#platform';
import { isBound, openerOf, type SessionRecord, SessionStore } from '#sessions';
import { Injectable } from '@nestjs/common';
import { EventBus } from '@nestjs/cqrs';
import { goalDefinitions, slotOf } from '../create-goal/goal-definitions.js';
import { goalRoutes } from '../event-routes.js';
import type { GoalRecord } from '../goal/goal.schema.js';
import { GoalStore } from '../goal/goal.store.js';
import { classOf, knownClassOf } from '../goal/goal.view.js';
import { newGoalOf, GoalCreatedEvent } from '../goal/new-goal.js';
import { isOpen } from '../goal/rules.js';
import { hasEnded } from '../goal/show-end.js';
import { goalAdded } from '../handlers/bind-goal.handler.js';

/** What a stored goal has brought about, compared with what it should have. */
export interface Comparison {
  goal: GoalRecord;
  session?: SessionRecord;
  /** The handlers whose result is missing. */
  missing: string[];
  /** Whether it goes on although its session has ended. */
  outlives: boolean;
  /** Why it could not be compared. */
  error?: Error;
}

/** A goal, and the ids of what it is compared with. */
interface Subject {
  goal: GoalRecord;
  sessionId: string;
  openerId?: string;
}

/** Compares stored goals with the results of their handlers in MongoDB, and delivers again what did not arrive. */
@Injectable()
export class GoalEffects {
  constructor(
    private readonly goals: GoalStore,
    private readonly sessions: SessionStore,
    private readonly feed: FeedStore,
    private readonly analytics: AnalyticsEventStore,
    private readonly ledger: Ledger,
    private readonly events: EventBus,
    private readonly clock: Clock,
  ) {}

  /**
   * Compares goals, all in a few queries. Goals that show as failed are for a replay, and those of unknown classes for another
   * release: they are left out. `tracked` says whether analytics have to have them, too; they forget old ones.
   */
  async compare(goals: GoalRecord[], { tracked }: { tracked: boolean }): Promise<Comparison[]> {
    const comparisons: Comparison[] = [];
    const subjects: Subject[] = [];
    for (const goal of goals) {
      try {
        const subject = subjectOf(goal);
        if (subject) subjects.push(subject);
      } catch (error) {
        comparisons.push(incomparable(goal, error));
      }
    }
    if (subjects.length === 0) return comparisons;
    const ids = subjects.map(({ goal }) => goal._id.toHexString());
    const [sessions, openers, fed, known] = await Promise.all([
      this.sessions.findAll(unique(subjects.map(({ sessionId }) => sessionId))).then(byId),
      this.goals.findAll(unique(subjects.flatMap(({ openerId }) => openerId ?? []))).then(byId),
      this.feed.existing(ids.map(addedId)),
      tracked ? this.analytics.existing(ids.map(createdId)) : undefined,
    ]);
    for (const { goal, sessionId, openerId } of subjects) {
      const session = sessions.get(sessionId);
      try {
        const opener = openerId === undefined ? undefined : openers.get(openerId);
        const missing = missingBindings(goal, session, opener, this.clock.now());
        const goalId = goal._id.toHexString();
        // With its session its feed is gone, too.
        if (session && !fed.has(addedId(goalId))) missing.push('feed');
        if (known && !known.has(createdId(goalId))) missing.push('track');
        const outlives = session?.active === false && !hasEnded(goal);
        comparisons.push({ goal, session, missing, outlives });
      } catch (error) {
        comparisons.push(incomparable(goal, error));
      }
    }
    return comparisons;
  }

  /** Delivers a goal again to the handlers whose result is missing, whatever the ledger says that they have done. */
  async deliver({ goal, session, missing }: Comparison): Promise<void> {
    const created = createdOf(goal);
    const goalId = goal._id.toHexString();
    await this.ledger.forget(addedId(goalId), ['feed']);
    await this.ledger.forget(created.id, missing);
    await this.events.publish(created);
    // No binder publishes a goal that was bound already.
    if (session && !missing.some(bindsToSession))
      await this.events.publish(goalAdded(created, session.user.toHexString()));
  }

  /** Publishes that a goal was created, and that it was added to its session: what the ledger says is done is not done again. */
  async publishAgain(goal: GoalRecord): Promise<void> {
    const created = createdOf(goal);
    await this.events.publish(created);
    const session = await this.sessions.find(goal.conditions.session_id);
    if (session && isBound(session, slotOf(goal), goal._id.toHexString()))
      await this.events.publish(goalAdded(created, session.user.toHexString()));
  }
}

const incomparable = (goal: GoalRecord, error: unknown): Comparison => ({
  goal,
  missing: [],
  outlives: false,
  error: error instanceof Error ? error : new Error(String(error)),
});

const createdOf = (goal: GoalRecord): GoalCreatedEvent =>
  new GoalCreatedEvent(newGoalOf(goal, goalDefinitions[knownClassOf(goal)].timed), goal.created_at);

/** Id of the event that a goal was created, under which analytics keep it. */
export const createdId = (goalId: string): string => idFrom('goal.created', goalId);

/** Id of the event that a goal was added to its session, under which the feed keeps it. */
export const addedId = (goalId: string): string => idFrom('goal.added', goalId);

/** Where a goal may name the one that opened its pair. */
const references = Object.values(goalDefinitions).flatMap(({ slot }) => openerOf(slot)?.reference ?? []);

/** What to compare a goal with; undefined if it is left out. Throws if its ids cannot be read. */
function subjectOf(goal: GoalRecord): Subject | undefined {
  // What a goal of a class that this release does not know has to have is not for it to say.
  if (goal.failures?.length || goal.released || !classOf(goal)) return undefined;
  const { session_id: sessionId } = goal.conditions;
  const openerId = references
    .map((reference) => goal.context[reference])
    .find((id) => id !== undefined && id !== null);
  for (const id of [goal._id.toHexString(), sessionId, ...(openerId === undefined ? [] : [openerId])])
    if (!isId(id)) throw new TypeError(`not an id: ${JSON.stringify(id)}`);
  return { goal, sessionId, openerId };
}

/** The binders of a goal whose result is missing in its session, or in the goal that opened its pair. */
function missingBindings(
  goal: GoalRecord,
  session: SessionRecord | undefined,
  opener: GoalRecord | undefined,
  now: Date,
): string[] {
  const goalId = goal._id.toHexString();
  const slot = slotOf(goal);
  const boundAs = openerOf(slot)?.boundAs;
  // In a slot that holds one goal at a time, the next goal may have replaced one that is over.
  const isReplaced = slot.kind === 'single' && !isOpen(goal, now);
  const isInSession = isReplaced || (session !== undefined && isBound(session, slot, goalId));
  const isInOpener = boundAs === undefined || opener?.context[boundAs] === goalId;
  return goalRoutes['goal.created'][knownClassOf(goal)]
    .filter((handler) => handler.startsWith('bind-'))
    .filter((handler) => (bindsToSession(handler) ? !isInSession : !isInOpener));
}

const bindsToSession = (handler: string) => handler.endsWith('-to-session');

function unique(ids: string[]): string[] {
  return [...new Set(ids)];
}

function byId<Stored extends { _id: { toHexString(): string } }>(stored: Stored[]): Map<string, Stored> {
  return new Map(stored.map((one) => [one._id.toHexString(), one]));
}
