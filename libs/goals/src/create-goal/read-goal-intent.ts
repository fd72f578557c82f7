import type { GoalClass } from '#contracts';
import { type FieldFault, readAs, validationFailed } from '#platform';
import { instanceToPlain } from 'class-transformer';
import { levelFaults } from '../goal/levels.js';
import { goalTraits } from '../goal/traits.js';
import { readWindow } from '../goal/window.js';
import type { GoalIntent } from './create-goal.command.js';
import type { GoalRequest } from './goal.request.js';

/** Reads a body that has arrived now as a goal of this class; throws validation_failed with every fault and its pointer. */
export function readGoalIntent(
  goalClass: GoalClass,
  request: new () => GoalRequest,
  body: unknown,
  now: Date,
): GoalIntent {
  const { value, faults } = readAs(request, body);
  const isObject = !faults.some(({ pointer }) => pointer === '');
  const levelsHold = isObject && !faults.some(({ pointer }) => pointer.startsWith('/levels'));
  const { window, faults: windowFaults } = readWindow(value, {
    openEnd: goalTraits[goalClass].untimed,
    now,
  });
  const all: FieldFault[] = [
    ...faults,
    ...(levelsHold ? levelFaults(value.levels) : []),
    ...(isObject ? windowFaults : []),
  ];
  if (all.length > 0) throw validationFailed('The request has invalid fields.', { errors: all });
  const { context, levels } = instanceToPlain(value) as Pick<GoalIntent, 'context' | 'levels'>;
  return { context, levels, window };
}
