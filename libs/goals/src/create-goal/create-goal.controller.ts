import {
  ApiProblems,
  type Caller,
  CurrentCaller,
  CurrentOperation,
  Idempotent,
  idempotencyKeyReused,
  idSchema,
  malformedRequest,
  type Operation,
  payloadTooLarge,
  requestInFlight,
  unauthorized,
  unsupportedMediaType,
  validationFailed,
} from '#platform';
import { notYourSession, sessionEnded, sessionNotFound } from '#sessions';
import { applyDecorators, Body, Controller, HttpCode, Post, Query, Res } from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiBearerAuth,
  ApiBody,
  ApiExtraModels,
  ApiOperation,
  ApiProperty,
  ApiQuery,
  ApiTags,
  getSchemaPath,
} from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import * as problems from '../goal/goal.problems.js';
import { CreateGoalService } from './create-goal.service.js';
import { exampleOf, goalDefinitions } from './goal-definitions.js';

export class AcceptedGoalDto {
  @ApiProperty(idSchema('0123456789abcdef0123456b'))
  goal_id: string;
}

const definitions = Object.values(goalDefinitions);

const examples = Object.fromEntries(
  definitions.map((definition) => [definition.type, { value: exampleOf(definition) }]),
);

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
const ApiCreateGoal = () =>
  applyDecorators(
    ApiOperation({
      operationId: 'createGoal',
      summary: 'Ask for a goal; it is accepted at once and created in the background',
      description:
        'The request is stored before the answer, so that it is never lost. The goal is then created and bound to its session in the background; read it under `Location`. With an `Idempotency-Key` a request can be repeated safely.',
    }),
    ApiQuery({
      name: 'goal_type',
      schema: { type: 'string', enum: definitions.map(({ type }) => type), example: 'show' },
    }),
    ApiExtraModels(...definitions.map(({ request }) => request)),
    ApiBody({
      description: 'Which schema holds is said by goal_type.',
      schema: { anyOf: definitions.map(({ request }) => ({ $ref: getSchemaPath(request) })) },
      examples,
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
      problems.fundingSettled,
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

/** Takes requests for goals of every class. */
@ApiTags('goals')
@ApiBearerAuth()
@Controller('goals')
export class CreateGoalController {
  constructor(private readonly goals: CreateGoalService) {}

  @Post()
  @HttpCode(202)
  @Idempotent()
  @ApiCreateGoal()
  async create(
    @Query('goal_type') goalType: unknown,
    @Body() body: unknown,
    @CurrentCaller() caller: Caller,
    @CurrentOperation() operation: Operation,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<AcceptedGoalDto> {
    const accepted = await this.goals.create(goalType, body, caller, operation);
    void reply.header('location', `/goals/${accepted.goal_id}`);
    return accepted;
  }
}
