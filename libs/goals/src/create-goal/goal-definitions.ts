import { type GoalClass, goalTypes, type NewGoal } from '#contracts';
import type { Caller, FieldFault } from '#platform';
import { isInNewSessions } from '#sessions';
import type { Type } from '@nestjs/common';
import type { ClassTraits } from '../goal/goal-classes.js';
import type { GoalRecord } from '../goal/goal.schema.js';
import { knownClassOf } from '../goal/goal.view.js';
import type { CreateGoalCommand, CreateGoalHandler } from './create-goal.handler.js';
import {
  CreateExclusiveGoalCommand,
  CreateExclusiveGoalHandler,
  ExclusiveGoalRequest,
} from './exclusive-goal.js';
import type { GoalRequest } from './goal.request.js';
import { CreateKaraokeGoalCommand, CreateKaraokeGoalHandler, KaraokeGoalRequest } from './karaoke-goal.js';
import {
  CreateShowFundingGoalCommand,
  CreateShowFundingGoalHandler,
  fundingFaults,
  ShowFundingGoalRequest,
} from './show-funding-goal.js';
import { CreateShowGoalCommand, CreateShowGoalHandler, ShowGoalRequest } from './show-goal.js';
import {
  CreateTriggerExclusiveGoalCommand,
  CreateTriggerExclusiveGoalHandler,
  TriggerExclusiveGoalRequest,
} from './trigger-exclusive-goal.js';
import {
  CreateTriggerPrivateGoalCommand,
  CreateTriggerPrivateGoalHandler,
  TriggerPrivateGoalRequest,
} from './trigger-private-goal.js';

/** A class of goals. */
export interface GoalDefinition<Class extends GoalClass = GoalClass> extends ClassTraits {
  /** Its name in the API. */
  type: (typeof goalTypes)[Class];
  /** The body of POST /goals. */
  request: Type<GoalRequest>;
  /** Further rules between its fields; `isRead` says which of them are well-formed. */
  faults?: (request: never, isRead: (field: string) => boolean) => FieldFault[];
  /** What that body becomes. */
  command: new (goal: NewGoal, caller: Caller) => CreateGoalCommand;
  handler: Type<CreateGoalHandler>;
  /** The body that the documentation shows, unless it is the usual one. */
  example?: object;
}

/** The definitions of these classes. */
export type GoalDefinitions = { [Class in GoalClass]: GoalDefinition<Class> };

const levels = [{ title: 'first song', target: 600 }, { target: 1800 }];
const session_id = '0123456789abcdef01234568';

/**
 * THE TABLE OF CLASSES. A new class is one file and one row here; its rows in event-routes.ts say which handlers its events
 * reach. A process whose table is not whole does not boot.
 */
export const goalDefinitions: GoalDefinitions = {
  ShowGoal: {
    type: 'show',
    unit: 'seconds',
    timed: false,
    request: ShowGoalRequest,
    command: CreateShowGoalCommand,
    handler: CreateShowGoalHandler,
    slot: {
      kind: 'completes-pair',
      pairs: 'show_goal_pairs',
      opener: { class: 'ShowFundingGoal', reference: 'funding_goal_id', boundAs: 'show_goal_id' },
    },
    example: { levels, context: { funding_goal_id: '0123456789abcdef01234567', session_id } },
  },
  ShowFundingGoal: {
    type: 'show_funding',
    unit: 'tickets',
    timed: true,
    countdown: true,
    request: ShowFundingGoalRequest,
    faults: fundingFaults,
    command: CreateShowFundingGoalCommand,
    handler: CreateShowFundingGoalHandler,
    slot: { kind: 'opens-pair', pairs: 'show_goal_pairs' },
  },
  KaraokeGoal: {
    type: 'karaoke',
    unit: 'coins',
    timed: false,
    request: KaraokeGoalRequest,
    command: CreateKaraokeGoalCommand,
    handler: CreateKaraokeGoalHandler,
    slot: { kind: 'single', field: 'karaoke_goal' },
  },
  ExclusiveGoal: {
    type: 'exclusive',
    unit: 'coins',
    timed: true,
    request: ExclusiveGoalRequest,
    command: CreateExclusiveGoalCommand,
    handler: CreateExclusiveGoalHandler,
    slot: {
      kind: 'completes-pair',
      pairs: 'exclusive_goal_pairs',
      opener: {
        class: 'TriggerExclusiveGoal',
        reference: 'trigger_exclusive_goal_id',
        boundAs: 'exclusive_goal_id',
      },
    },
    example: {
      levels,
      context: { trigger_exclusive_goal_id: '0123456789abcdef01234566', session_id },
      exp: 4102444800,
    },
  },
  TriggerExclusiveGoal: {
    type: 'trigger_exclusive',
    unit: 'coins',
    timed: true,
    request: TriggerExclusiveGoalRequest,
    command: CreateTriggerExclusiveGoalCommand,
    handler: CreateTriggerExclusiveGoalHandler,
    slot: { kind: 'opens-pair', pairs: 'exclusive_goal_pairs' },
  },
  TriggerPrivateGoal: {
    type: 'trigger_private',
    unit: 'coins',
    timed: true,
    request: TriggerPrivateGoalRequest,
    command: CreateTriggerPrivateGoalCommand,
    handler: CreateTriggerPrivateGoalHandler,
    slot: { kind: 'single', field: 'trigger_private_goal' },
  },
};

/** Where goals of the class of this one stand in their session. Throws an UnknownJobError for a class of another release. */
export const slotOf = (goal: GoalRecord) => goalDefinitions[knownClassOf(goal)].slot;

/** The body that the documentation shows for a class. */
export const exampleOf = ({ example }: GoalDefinition): object =>
  example ?? { levels, context: { session_id }, exp: 4102444800 };

/** Where @nestjs/cqrs notes which command a handler is for. */
const handledCommand = '__commandHandler__';

/**
 * What the table lacks, a sentence each. `providers` are the classes that the process provides; without them only the slots are
 * checked, as a process that accepts no goals needs no command handlers.
 */
export function definitionFaults(definitions: GoalDefinitions, providers?: ReadonlySet<unknown>): string[] {
  return Object.entries(definitions).flatMap(([goalClass, { slot, command, handler }]) => {
    const faults: string[] = [];
    const place = slot.kind === 'single' ? slot.field : slot.pairs;
    if (!isInNewSessions(slot))
      faults.push(`the slot of ${goalClass} is ${place}, for which the session schema has no default`);
    if (slot.kind === 'completes-pair') {
      const opening = definitions[slot.opener.class].slot;
      if (opening.kind !== 'opens-pair' || opening.pairs !== slot.pairs)
        faults.push(`${goalClass} completes ${slot.pairs}, but ${slot.opener.class} opens no pairs there`);
    }
    if (providers && !providers.has(handler))
      faults.push(`the command handler of ${goalClass}, ${handler.name}, is provided by no module`);
    if (Reflect.getMetadata(handledCommand, handler) !== command)
      faults.push(`${handler.name} is no @CommandHandler(${command.name}), the command of ${goalClass}`);
    return faults;
  });
}

/** Refuses the boot of a process whose table is not whole. */
export function assertDefinitions(definitions: GoalDefinitions, providers?: ReadonlySet<unknown>): void {
  const faults = definitionFaults(definitions, providers);
  if (faults.length > 0)
    throw new Error(['The table of goal classes is not whole:', ...faults].join('\n  - '));
}
