import { FeedStore, GoalAddedEvent } from '#livestream';
import { idFrom, Ledger } from '#platform';
import { type SessionRecord, SessionStore } from '#sessions';
import { Injectable } from '@nestjs/common';
import { EventBus } from '@nestjs/cqrs';
import type { GoalRecord } from '../goal/goal.schema.js';
import { GoalStore } from '../goal/goal.store.js';
import { classOf, knownClassOf } from '../goal/goal.view.js';
import { isOver, stateOf } from '../goal/state.js';
import { GoalCreatedEvent } from '../goal-created/goal-created.event.js';
import { Lifecycle } from '../lifecycle/lifecycle.js';
import { createdOf } from './created-of.js';
import { missingBindings } from './missing-bindings.js';

const batch = 500;

/** A goal that is not whole: the receivers whose work is not to be seen, and `end-session` where it outlives its session. */
export interface Finding {
  goal_id: string;
  _cls: string;
  missing: string[];
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
  ) {}

  /** Looks through all goals created before a moment; goals that show as failed are for a replay and are left out. */
  async *find(createdBefore: Date, fix: boolean): AsyncGenerator<Finding> {
    let last: string | undefined;
    for (;;) {
      const goals = await this.goals.after(last, createdBefore, batch);
      // What a goal of a class that this release does not know has to have is not for it to say.
      const whole = goals.filter((goal) => !goal.failures?.length && classOf(goal));
      const sessions = byId(
        await this.sessions.findAll(unique(whole.map(({ conditions }) => conditions.session_id))),
      );
      const openers = byId(await this.goals.findAll(unique(whole.flatMap(openerOf))));
      const fed = await this.feed.existing(whole.map(feedIdOf));
      for (const goal of whole) {
        const session = sessions.get(goal.conditions.session_id);
        const opener = openers.get(openerOf(goal)[0] ?? '');
        const missing = missingBindings(goal, { session, opener });
        if (!fed.has(feedIdOf(goal))) missing.push('feed');
        const outlives = session?.active === false && !isOver(stateOf(goal));
        if (missing.length === 0 && !outlives) continue;
        const goal_id = goal._id.toHexString();
        if (fix && missing.length > 0) await this.mend(goal, session, missing);
        if (fix && outlives) await this.lifecycle.cancel(goal_id, 'session_ended');
        yield {
          goal_id,
          _cls: knownClassOf(goal),
          missing: outlives ? [...missing, 'end-session'] : missing,
        };
      }
      if (goals.length < batch) return;
      last = goals.at(-1)?._id.toHexString();
    }
  }

  private async mend(goal: GoalRecord, session: SessionRecord | undefined, missing: string[]): Promise<void> {
    const created = new GoalCreatedEvent(createdOf(goal), goal.created_at);
    await this.ledger.forget(feedIdOf(goal), ['feed']);
    await this.ledger.forget(created.id, missing);
    await this.events.publish(created);
    // A goal that was bound already is announced by nobody else.
    if (session && !missing.some((receiver) => receiver.endsWith('-to-session'))) {
      const { goal_id, _cls, conditions, context } = created.data;
      const { session_id } = conditions;
      const streamer_id = session.user.toHexString();
      await this.events.publish(
        new GoalAddedEvent({ goal_id, _cls, conditions, context, session_id, streamer_id }, goal.created_at),
      );
    }
  }
}

function openerOf({ context }: GoalRecord): string[] {
  return [context.funding_goal_id ?? context.trigger_exclusive_goal_id].filter((id) => id !== undefined);
}

function feedIdOf({ _id }: GoalRecord): string {
  return idFrom('goal.added', _id.toHexString());
}

function unique(ids: string[]): string[] {
  return [...new Set(ids)];
}

function byId<Stored extends { _id: { toHexString(): string } }>(stored: Stored[]): Map<string, Stored> {
  return new Map(stored.map((one) => [one._id.toHexString(), one]));
}
