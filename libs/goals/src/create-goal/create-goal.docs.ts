import { goalClasses, goalTypes } from '#contracts';
import {
  ApiProblems,
  idempotencyKeyReused,
  idSchema,
  malformedRequest,
  payloadTooLarge,
  requestInFlight,
  unauthorized,
  unsupportedMediaType,
  validationFailed,
} from '#platform';
import { notYourSession, sessionEnded, sessionNotFound } from '#sessions';
import { applyDecorators } from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiBody,
  ApiExtraModels,
  ApiOperation,
  ApiProperty,
  ApiQuery,
  getSchemaPath,
} from '@nestjs/swagger';
import * as problems from '../goal/goal.problems.js';
import { goalDoors } from './goal-doors.js';

export class AcceptedGoalDto {
  @ApiProperty(idSchema('0123456789abcdef0123456b'))
  goal_id: string;
}

const doors = goalClasses.map((goalClass) => ({ goalType: goalTypes[goalClass], ...goalDoors[goalClass] }));

const levels = [{ title: 'first song', target: 600 }, { target: 1800 }];
const context = { session_id: '0123456789abcdef01234568' };
const examples: Partial<Record<string, object>> = {
  show: { levels, context: { funding_goal_id: '0123456789abcdef01234567', ...context } },
  exclusive: {
    levels,
    context: { trigger_exclusive_goal_id: '0123456789abcdef01234566', ...context },
    exp: 4102444800,
  },
};

const goal_id = '$response.body#/goal_id';
const session_id = '$request.body#/context/session_id';
const links = {
  getGoal: { operationId: 'getGoal', parameters: { goal_id } },
  cancelGoal: { operationId: 'cancelGoal', parameters: { goal_id } },
  contribute: { operationId: 'contribute', parameters: { goal_id } },
  getLeaderboard: { operationId: 'getLeaderboard', parameters: { goal_id } },
  getSession: { operationId: 'getSession', parameters: { session_id } },
  getFeed: { operationId: 'getFeed', parameters: { session_id } },
  createShowGoal: {
    operationId: 'createGoal',
    parameters: { goal_type: 'show' },
    requestBody: { context: { session_id, funding_goal_id: goal_id } },
    description: 'the show that a show_funding goal pays for, once that is in the session',
  },
  createExclusiveGoal: {
    operationId: 'createGoal',
    parameters: { goal_type: 'exclusive' },
    requestBody: { context: { session_id, trigger_exclusive_goal_id: goal_id } },
    description: 'the goal that a trigger_exclusive goal opens, once that is in the session',
  },
};

/** Documents POST /goals: one body schema and one example for each goal_type, and every refusal. */
export const ApiCreateGoal = () =>
  applyDecorators(
    ApiOperation({
      operationId: 'createGoal',
      summary: 'Ask for a goal; it is accepted at once and created in the background',
    }),
    ApiQuery({
      name: 'goal_type',
      schema: { type: 'string', enum: doors.map(({ goalType }) => goalType), example: 'show' },
    }),
    ApiExtraModels(...doors.map(({ request }) => request)),
    ApiBody({
      description: 'Which schema holds is said by goal_type.',
      schema: { anyOf: doors.map(({ request }) => ({ $ref: getSchemaPath(request) })) },
      examples: Object.fromEntries(
        doors.map(({ goalType }) => [
          goalType,
          { value: examples[goalType] ?? { levels, context, exp: 4102444800 } },
        ]),
      ),
    }),
    ApiAcceptedResponse({
      type: AcceptedGoalDto,
      headers: { Location: { schema: { type: 'string' }, description: 'where to read the goal' } },
      links,
    }),
    ApiProblems(
      malformedRequest,
      problems.unknownGoalType,
      unauthorized,
      notYourSession,
      sessionNotFound,
      problems.goalNotFound,
      problems.alreadyBound,
      problems.createInFlight,
      problems.goalPending,
      problems.goalFailed,
      problems.pairNotBound,
      problems.tooManyGoals,
      problems.tooManyPairs,
      sessionEnded,
      requestInFlight,
      payloadTooLarge,
      unsupportedMediaType,
      validationFailed,
      idempotencyKeyReused,
    ),
  );
