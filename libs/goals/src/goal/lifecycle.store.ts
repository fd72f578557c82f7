import { type Actor, type AuditAct, type AuditLine, AuditLog } from '#audit';
import {
  Batcher,
  batchOfReads,
  batchOfWrites,
  type BatchOutcome,
  Clock,
  findByIds,
  inBatches,
  toObjectId,
  Transactions,
  updateAll,
} from '#platform';
import { Inject, Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model, Types } from 'mongoose';
import { GOAL_CLASSES, type GoalClasses, timedClasses } from './goal-classes.js';
import { type OutboxEntry, outboxEntry } from './goal-changed.event.js';
import {
  type CancelReason,
  changedNow,
  GOAL_MODEL,
  type GoalRecord,
  openUntilExp,
  storedClasses,
  storedShows,
  unchanged,
} from './goal.schema.js';
import { classOf } from './goal.view.js';
import { after, type GoalState, stateOf, type Transition } from './rules.js';
import { endedShow, hasEnded } from './show-end.js';
import { GoalsConfig } from '../goals.config.js';

const open: GoalState[] = ['scheduled', 'active'];
/** Goals that are open; one of an older writer has no state, but says whether it is active. */
const notOver = { $or: [{ status: { $in: open } }, { status: null, active: { $ne: false } }] };
/** Shows end one by one, each with what was performed by then, also those that are completed. */
const noShow = { _cls: { $nin: storedShows } };
const unended = { _cls: { $in: storedShows }, ended_at: null };
const goingOn = { status: { $in: ['active', 'completed'] as GoalState[] } };

/** How many goals of a session are ended or read at once. */
const batch = 500;

const ofSession = (sessionId: string, last?: Types.ObjectId) => ({
  'conditions.session_id': sessionId,
  ...(last && { _id: { $gt: last } }),
});

/** So many goals that are due are handled at once. */
const batchOfDue = 200;

/** A span of time, from just behind `from` up to `to`. */
export interface Span {
  from?: Date;
  to: Date;
}

/** What a step is told besides its name. */
export interface StepDetails {
  reason?: CancelReason;
  /** When it was due: no goal ends whose exp has moved beyond that. */
  due?: Date;
  /** Of a show: whether it was delivered, if that is not for its levels to say. */
  delivered?: boolean;
  /** Who asked for it; absent if nobody did. A step that somebody asked for has a line in the audit log. */
  actor?: Actor;
}

/** What became of a step: the goal after it, or the goal as it is because its state does not allow the step. */
export interface StepOutcome {
  goal: GoalRecord;
  taken: boolean;
}

/** Whether an open goal ends after a moment. */
export const endsAfter = (goal: GoalRecord, moment: Date): boolean =>
  !hasEnded(goal) && !!goal.exp && goal.exp > moment;

/** A change of a goal that was read before. */
interface Change {
  goal: GoalRecord;
  update: Update;
}

/**
 * Takes goals through their states, each step by compare-and-set on `version`, and finds those that are due. What is to be told
 * of a step stands in the goal's outbox.
 */
@Injectable()
export class LifecycleStore {
  private readonly timed: string[];
  private readonly expiring: object;
  private readonly reads: Batcher<Types.ObjectId, GoalRecord | null>;
  private readonly changes: Batcher<Change, GoalRecord | undefined>;

  constructor(
    @InjectModel(GOAL_MODEL) private readonly goals: Model<GoalRecord>,
    private readonly clock: Clock,
    @Inject(GOAL_CLASSES) classes: GoalClasses,
    private readonly config: GoalsConfig,
    private readonly transactions: Transactions,
    private readonly audit: AuditLog,
  ) {
    this.timed = storedClasses(...timedClasses(classes));
    this.expiring = openUntilExp(classes, { countdown: false });
    this.reads = new Batcher((ids) => findByIds(goals.collection, ids), batchOfReads);
    this.changes = new Batcher((changes) => this.changeAll(changes), batchOfWrites);
  }

  /**
   * Takes a step. Returns undefined if there is no such goal.
   */
  async step(
    goalId: string,
    transition: Transition,
    details: StepDetails = {},
  ): Promise<StepOutcome | undefined> {
    for (;;) {
      const goal = await this.reads.add(toObjectId(goalId));
      if (!goal) return undefined;
      const isShow = classOf(goal) === 'ShowGoal';
      const isEarly = details.due !== undefined && endsAfter(goal, details.due);
      const update = isShow
        ? this.showUpdate(goal, transition, details)
        : this.update(goal, transition, details);
      if (!update || isEarly) return { goal, taken: false };
      const changed = await this.write(goal, update, transition, details.actor);
      // Otherwise it was changed since it was read.
      if (changed) return { goal: changed, taken: true };
    }
  }

  /** The goal after the update, undefined if it has changed since it was read. What somebody asked for is recorded with it. */
  private write(
    goal: GoalRecord,
    update: Update,
    transition: Transition,
    actor?: Actor,
  ): Promise<GoalRecord | undefined> {
    const act = actOf[transition];
    if (!actor || !act) return this.changes.add({ goal, update });
    return this.transactions.run(async (transaction) => {
      const changed = await this.goals
        .findOneAndUpdate(unchanged(goal), writeOf(update), { returnDocument: 'after', session: transaction })
        .lean<GoalRecord>();
      if (changed) await this.audit.record(lineOf(act, actor, goal, changed), transaction);
      return changed ?? undefined;
    });
  }

  /** The goals as they are changed; undefined for those that others have changed since they were read. */
  private async changeAll(changes: Change[]): Promise<BatchOutcome<GoalRecord | undefined>[]> {
    const { faults, allMatched } = await updateAll(
      this.goals.collection,
      changes.map(({ goal, update }) => ({ filter: unchanged(goal), update: writeOf(update) })),
    );
    const found = allMatched
      ? undefined
      : await findByIds<GoalRecord>(
          this.goals.collection,
          changes.map(({ goal }) => goal._id),
        );
    return changes.map(({ goal, update: { fields, entry } }, index) => {
      if (faults[index]) return { error: faults[index] };
      const version = (goal.version ?? 0) + 1;
      const changed: GoalRecord = {
        ...goal,
        ...fields,
        version,
        outbox: [...(goal.outbox ?? []), entry],
      };
      if (!found) return { value: changed };
      const outcome = found[index]!;
      const now = 'value' in outcome ? outcome.value : null;
      return { value: now?.version === version && isSameStep(now, changed) ? now : undefined };
    });
  }

  /** Scheduled goals whose nbf is within a span, earliest first, in batches. */
  dueToActivate(span: Span): AsyncIterable<GoalRecord[]> {
    return this.due('nbf', { status: 'scheduled', _cls: { $in: this.timed } }, span);
  }

  /** Open goals whose exp is within a span, likewise, and shows that go on; not funding goals, which end with their countdown. */
  async *dueToExpire(span: Span): AsyncGenerator<GoalRecord[]> {
    yield* this.due('exp', this.expiring, span);
    // One by one, so that each comes in the order of its index.
    for (const status of goingOn.status.$in) yield* this.due('exp', { ...unended, status }, span);
  }

  /** By a cursor, not page by page: a goal that cannot be handled stays due, and must not hold up those behind it. */
  private due(field: 'nbf' | 'exp', filter: object, { from, to }: Span): AsyncIterable<GoalRecord[]> {
    const due = this.goals
      .find({ ...filter, [field]: { ...(from && { $gt: from }), $lte: to } })
      .sort({ [field]: 1 })
      .lean<GoalRecord>()
      .cursor({ batchSize: batchOfDue });
    return inBatches(due, batchOfDue);
  }

  /** Ids of the shows of a session that go on. */
  async *showsOf(sessionId: string): AsyncGenerator<string> {
    const shows = this.goals
      .find({ ...ofSession(sessionId), ...unended, $or: [goingOn, ...notOver.$or] }, { _id: 1 })
      .sort({ _id: 1 })
      .lean<Pick<GoalRecord, '_id'>>()
      .cursor();
    for await (const { _id } of shows) yield _id.toHexString();
  }

  /**
   * Cancels all open goals of a session that has ended but its shows, many in a call; returns their ids, batch by batch. The
   * state in the filter is what each step compares.
   */
  async *cancelAllOf(sessionId: string): AsyncGenerator<string[]> {
    const entry = outboxEntry({ type: 'goal.cancelled', scheduled_for: null });
    for (let last: Types.ObjectId | undefined; ;) {
      const goals = await this.goals
        .find({ ...ofSession(sessionId, last), ...noShow, ...notOver }, { _id: 1 })
        .sort({ _id: 1 })
        .limit(batch)
        .lean<Pick<GoalRecord, '_id'>[]>();
      const end = {
        status: 'cancelled',
        active: false,
        cancel_reason: 'session_ended',
        ended_at: this.clock.now(),
      };
      if (goals.length > 0)
        await this.goals.updateMany(
          { _id: { $in: goals.map(({ _id }) => _id) }, ...notOver },
          { $set: { ...end, ...changedNow() }, $push: { outbox: entry }, $inc: { version: 1 } },
        );
      yield goals.map(({ _id }) => _id.toHexString());
      if (goals.length < batch) return;
      last = goals.at(-1)?._id;
    }
  }

  private update(goal: GoalRecord, transition: Transition, { reason }: StepDetails): Update | undefined {
    const now = this.clock.now();
    const next = stateAfter(goal, transition, reason);
    return (
      next && {
        fields: {
          ...changedNow(),
          status: next,
          active: next === 'active',
          ...(next === 'active' ? { activated_at: now } : { ended_at: now }),
          ...(next === 'cancelled' && { cancel_reason: reason }),
        },
        entry: stepEntry(next, goal),
      }
    );
  }

  private showUpdate(
    show: GoalRecord,
    transition: Transition,
    { reason, delivered }: StepDetails,
  ): Update | undefined {
    const now = this.clock.now();
    const silenceMs = this.config.performanceSilenceMs;
    const fields = endedShow(show, { transition, now, silenceMs, reason, delivered });
    return fields && { fields: { ...fields, ...changedNow() }, entry: endEntry(fields, show) };
  }
}

/** The fields that a step sets, and what it adds to the outbox. */
interface Update {
  fields: Partial<GoalRecord>;
  entry: OutboxEntry;
}

const writeOf = ({ fields, entry }: Update) => ({
  $set: fields,
  $push: { outbox: entry },
  $inc: { version: 1 },
});

/** Whether a goal has come to be as it is by this step, and not by one that another process has taken. */
function isSameStep(goal: GoalRecord, changed: GoalRecord): boolean {
  const at = ({ status, activated_at, ended_at }: GoalRecord) =>
    [status, activated_at?.getTime(), ended_at?.getTime()].join();
  return at(goal) === at(changed);
}

/** What is told of a step of a goal that is no show. */
function stepEntry(next: GoalState, { nbf, exp }: GoalRecord): OutboxEntry {
  const at = (date?: Date | null) => ({ scheduled_for: date?.toISOString() ?? null });
  if (next === 'active') return outboxEntry({ type: 'goal.activated', ...at(nbf) });
  if (next === 'cancelled') return outboxEntry({ type: 'goal.cancelled', ...at(null) });
  return outboxEntry({ type: 'goal.expired', ...at(exp) });
}

/** What was told of the steps that a goal has taken since a moment. */
export function stepsSince(goal: GoalRecord, since: Date): OutboxEntry[] {
  const { activated_at, ended_at } = goal;
  const isSince = (date?: Date) => date !== undefined && date >= since;
  return [
    ...(isSince(activated_at) ? [stepEntry('active', goal)] : []),
    ...(isSince(ended_at)
      ? [classOf(goal) === 'ShowGoal' ? endEntry(goal, goal) : stepEntry(stateOf(goal), goal)]
      : []),
  ];
}

/** The steps that somebody can ask for. */
const actOf: Partial<Record<Transition, AuditAct>> = { cancel: 'cancel_goal', finish: 'finish_show' };

/** The line in the audit log for the end of a goal that somebody asked for. */
export function lineOf(act: AuditAct, actor: Actor, goal: GoalRecord | null, ended: GoalRecord): AuditLine {
  const target = { goal_id: ended._id.toHexString(), session_id: ended.conditions.session_id };
  return { act, actor, target, before: goal && endOf(goal), after: endOf(ended) };
}

const endOf = (goal: GoalRecord) => ({
  status: stateOf(goal),
  ...(goal.delivered !== undefined && { delivered: goal.delivered }),
});

/** What is told of the end of a show, or of a cancellation. A show that was completed has said so before, and is told by its new fields. */
function endEntry({ status, ended_by }: Partial<GoalRecord>, { exp }: GoalRecord): OutboxEntry {
  if (status === 'completed') return outboxEntry({ type: 'goal.updated', changes: ['delivered'] });
  if (status === 'cancelled') return outboxEntry({ type: 'goal.cancelled', scheduled_for: null });
  const isDue = ended_by === 'expired' && exp;
  return outboxEntry({ type: 'goal.expired', scheduled_for: isDue ? exp.toISOString() : null });
}

/** The state of a goal after a step, or undefined if it does not allow the step. */
function stateAfter(goal: GoalRecord, transition: Transition, reason?: CancelReason): GoalState | undefined {
  const state = stateOf(goal);
  if (reason !== 'cancelled' || classOf(goal) !== 'ShowFundingGoal') return after(state, transition);
  // Its tickets can be given back until they are settled, unless a show was accepted for them.
  const isFree = !goal.settled_at && !goal.accepted_show && !goal.context.show_goal_id;
  return isFree && state !== 'cancelled' ? 'cancelled' : undefined;
}
