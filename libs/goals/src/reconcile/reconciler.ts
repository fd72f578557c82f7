import { FeedStore } from '#livestream';
import { Clock, idFrom, isId, Ledger } from '#platform';
import { isBound, openerOf, type SessionRecord, SessionStore } from '#sessions';
import { Injectable } from '@nestjs/common';
import { EventBus } from '@nestjs/cqrs';
import type { GoalRecord } from '../goal/goal.schema.js';
import { GoalStore } from '../goal/goal.store.js';
import { classOf, knownClassOf } from '../goal/goal.view.js';
import { newGoalOf, GoalCreatedEvent } from '../goal/new-goal.js';
import { goalDefinitions, slotOf } from '../create-goal/goal-definitions.js';
import { goalAdded } from '../handlers/bind-goal.handler.js';
import { SkippedGoals } from '../lifecycle/skipped-goals.js';
import { isOpen } from '../goal/rules.js';
import { hasEnded } from '../goal/show-end.js';
import { Lifecycle } from '../lifecycle/lifecycle.js';
import { goalRoutes } from '../event-routes.js';

const batch = 500;

/**
 * A goal that is incomplete: the handlers whose result is missing, and `end-session` if it outlives its session. Or
 * one that could not be looked at, and why.
 */
export interface Finding {
  goal_id: string;
  _cls: string;
  missing: string[];
  error?: string;
}

/** A goal, and the ids of what it is compared with. */
interface Subject {
  goal: GoalRecord;
  sessionId: string;
  openerId?: string;
  feedId: string;
}

/** Compares what is stored with what should be, and mends it by delivering again what did not arrive. */
@Injectable()
export class Reconciler {
  constructor(
    private readonly goals: GoalStore,
    private readonly sessions: SessionStore,
    private readonly feed: FeedStore,
    private readonly ledger: Ledger,
    private readonly events: EventBus,
    private readonly lifecycle: Lifecycle,
    private readonly skipped: SkippedGoals,
    private readonly clock: Clock,
  ) {}

  /** Looks through all goals created before a moment; goals that show as failed are for a replay and are left out. */
  async *find(createdBefore: Date, fix: boolean): AsyncGenerator<Finding> {
    for await (const goals of this.goals.createdBefore(createdBefore, batch)) {
      const findings: Finding[] = [];
      const subjects = goals.flatMap((goal) => {
        try {
          return subjectOf(goal) ?? [];
        } catch (error) {
          findings.push(this.leaveOut(goal, error));
          return [];
        }
      });
      yield* findings;
      yield* this.compare(subjects, fix);
    }
  }

  private async *compare(subjects: Subject[], fix: boolean): AsyncGenerator<Finding> {
    const sessions = byId(await this.sessions.findAll(unique(subjects.map(({ sessionId }) => sessionId))));
    const openers = byId(
      await this.goals.findAll(unique(subjects.flatMap(({ openerId }) => openerId ?? []))),
    );
    const fed = await this.feed.existing(subjects.map(({ feedId }) => feedId));
    for (const { goal, sessionId, openerId, feedId } of subjects) {
      try {
        const session = sessions.get(sessionId);
        const opener = openerId === undefined ? undefined : openers.get(openerId);
        const missing = missingBindings(goal, session, opener, this.clock.now());
        // With its session its feed is gone, too.
        if (session && !fed.has(feedId)) missing.push('feed');
        const outlives = session?.active === false && !hasEnded(goal);
        if (missing.length === 0 && !outlives) continue;
        const goal_id = goal._id.toHexString();
        if (fix && missing.length > 0) await this.mend(goal, session, missing);
        if (fix && outlives) await this.lifecycle.cancel(goal_id, 'session_ended');
        yield {
          goal_id,
          _cls: knownClassOf(goal),
          missing: outlives ? [...missing, 'end-session'] : missing,
        };
      } catch (error) {
        yield this.leaveOut(goal, error);
      }
    }
  }

  private leaveOut(goal: GoalRecord, error: unknown): Finding {
    this.skipped.note('reconcile', goal, error);
    return { goal_id: String(goal._id), _cls: goal._cls, missing: [], error: String(error) };
  }

  private async mend(goal: GoalRecord, session: SessionRecord | undefined, missing: string[]): Promise<void> {
    const created = new GoalCreatedEvent(
      newGoalOf(goal, goalDefinitions[knownClassOf(goal)].timed),
      goal.created_at,
    );
    await this.ledger.forget(feedIdOf(goal), ['feed']);
    await this.ledger.forget(created.id, missing);
    await this.events.publish(created);
    // No binder publishes a goal that was bound already.
    if (session && !missing.some(bindsToSession)) {
      await this.events.publish(goalAdded(created, session.user.toHexString()));
    }
  }
}

/** Where a goal may name the one that opened its pair. */
const references = Object.values(goalDefinitions).flatMap(({ slot }) => openerOf(slot)?.reference ?? []);

/** What to compare a goal with; undefined if it is left to a replay. Throws if its ids cannot be read. */
function subjectOf(goal: GoalRecord): Subject | undefined {
  // What a goal of a class that this release does not know has to have is not for it to say.
  if (goal.failures?.length || goal.released || !classOf(goal)) return undefined;
  const { session_id: sessionId } = goal.conditions;
  const openerId = references
    .map((reference) => goal.context[reference])
    .find((id) => id !== undefined && id !== null);
  for (const id of openerId === undefined ? [sessionId] : [sessionId, openerId])
    if (!isId(id)) throw new TypeError(`not an id: ${JSON.stringify(id)}`);
  return { goal, sessionId, openerId, feedId: feedIdOf(goal) };
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

function feedIdOf({ _id }: GoalRecord): string {
  return idFrom('goal.added', _id.toHexString());
}

function unique(ids: string[]): string[] {
  return [...new Set(ids)];
}

function byId<Stored extends { _id: { toHexString(): string } }>(stored: Stored[]): Map<string, Stored> {
  return new Map(stored.map((one) => [one._id.toHexString(), one]));
}
