import {
  type FundingContent,
  type GoalClass,
  goalClassOf,
  type GoalContent,
  type GoalContext,
  type NewGoal,
} from '#contracts';
import {
  type Caller,
  Clock,
  type FieldFault,
  hasRole,
  type Operation,
  overloaded,
  readAs,
  validationFailed,
} from '#platform';
import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { instanceToPlain } from 'class-transformer';
import { CreateGoalQueue } from '../goal/create-goal.queue.js';
import { unknownGoalType } from '../goal/goal.problems.js';
import { levelFaults, readWindow } from '../goal/rules.js';
import { GoalsConfig } from '../goals.config.js';
import { GoalReader } from '../read-goal/goal.reader.js';
import { goalDefinitions } from './goal-definitions.js';

const lookEveryMs = 1000;
const comeAgainAfterSeconds = '5';

/**
 * Refuses goals while more of them wait, or for longer, than the stores can bear or a client will wait. The second half of the room
 * is not for a streamer of whom most of the waiting goals are, so that one alone does not keep others out.
 */
@Injectable()
export class Backlog {
  private readonly most: GoalsConfig['backlog'];
  private lookedAt = 0;
  private excess?: string;
  private crowding?: string;

  constructor(
    private readonly queue: CreateGoalQueue,
    { backlog }: GoalsConfig,
  ) {
    this.most = backlog;
  }

  /** Throws a 503 problem while the backlog is too long, by a look that may be a second old: no request waits for one. */
  assertBearable(caller: Caller, now = Date.now()): void {
    if (now - this.lookedAt >= lookEveryMs) {
      this.lookedAt = now;
      void this.look();
    }
    const isCrowding = caller.userId === this.crowding && !hasRole(caller, 'admin', 'service');
    const excess = isCrowding ? 'Too many of your accepted goals wait to be created.' : this.excess;
    if (excess) throw overloaded(excess, {}, { 'retry-after': comeAgainAfterSeconds }).dueTo('backlog');
  }

  private async look(): Promise<void> {
    // Who cannot look knows of no backlog; what is behind it shows in the request itself.
    const { jobs, since } = await this.queue.waiting().catch(() => ({ jobs: 0, since: undefined }));
    const isHalfFull = jobs > this.most.jobs / 2;
    this.crowding = isHalfFull ? await this.queue.crowdingUser().catch(() => undefined) : undefined;
    const seconds = since === undefined ? 0 : (Date.now() - since) / 1000;
    if (jobs > this.most.jobs) this.excess = 'Too many accepted goals wait to be created.';
    else if (seconds > this.most.seconds) this.excess = 'Accepted goals wait too long to be created.';
    else this.excess = undefined;
  }
}

/** Creates goals for clients, over HTTP and by message: makes the command of the class and executes it. */
@Injectable()
export class CreateGoalService {
  constructor(
    private readonly clock: Clock,
    private readonly commands: CommandBus,
    private readonly goals: GoalReader,
    private readonly backlog: Backlog,
  ) {}

  /** Accepts a goal, or throws the problem that says why not. */
  async create(
    goalType: unknown,
    body: unknown,
    caller: Caller,
    operation: Operation,
  ): Promise<{ goal_id: string }> {
    const goalClass = goalClassOf(goalType);
    if (!goalClass) throw unknownGoalType('Set goal_type to one of the documented types.');
    // An earlier request of this operation was about to answer this; the goal may not be acceptable any more by now.
    if (operation.isResumed && (await this.goals.find(operation.id))) return { goal_id: operation.id };
    this.backlog.assertBearable(caller);
    const goal = readNewGoal(operation.id, goalClass, body, caller, this.clock.now());
    return this.commands.execute(new goalDefinitions[goalClass].command(goal, caller));
  }
}

/** Reads a body that has arrived now. Throws validation_failed with every fault and its pointer. */
function readNewGoal(goal_id: string, _cls: GoalClass, body: unknown, caller: Caller, now: Date): NewGoal {
  const { type, unit: usualUnit, timed, request, faults: further } = goalDefinitions[_cls];
  const { value, faults } = readAs(request, body);
  const isObject = !faults.some(({ pointer }) => pointer === '');
  const isRead = (field: string) =>
    isObject && !faults.some(({ pointer }) => `${pointer}/`.startsWith(`/${field}/`));
  const { window, faults: windowFaults } = readWindow(value, { openEnd: !timed, now });
  const errors: FieldFault[] = [
    ...faults,
    ...(isRead('levels') ? levelFaults(value.levels) : []),
    ...(further?.(value as never, isRead) ?? []),
    ...(isObject ? windowFaults : []),
  ];
  if (errors.length > 0) throw validationFailed('The request has invalid fields.', { errors });
  const {
    context,
    nbf: _nbf,
    exp: _exp,
    unit = usualUnit,
    ...content
  } = instanceToPlain(value) as GoalContent &
    FundingContent & {
      unit?: string;
      context: Omit<GoalContext, 'type'>;
      nbf?: unknown;
      exp?: unknown;
    };
  return {
    goal_id,
    active: !timed,
    _cls,
    conditions: { session_id: context.session_id },
    context: { type, ...context },
    ...content,
    metadata: { user_id: caller.userId },
    unit,
    nbf: window.nbf.toISOString(),
    exp: window.exp?.toISOString() ?? null,
  };
}
