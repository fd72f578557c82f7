import { type GoalClass, goalClassOf } from '#contracts';
import { type Caller, CurrentCaller, CurrentOperation, Idempotent, type Operation } from '#platform';
import { Body, Controller, HttpCode, Post, Query, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { GoalReader } from '../get-goal/goal.reader.js';
import { unknownGoalType } from '../goal/goal.problems.js';
import { AcceptedGoalDto, ApiCreateGoal } from './create-goal.docs.js';
import { goalDoors } from './goal-doors.js';
import { readGoalIntent } from './read-goal-intent.js';

/** Takes requests for goals of every class. */
@ApiTags('goals')
@ApiBearerAuth()
@Controller('goals')
export class CreateGoalController {
  constructor(
    private readonly commands: CommandBus,
    private readonly goals: GoalReader,
  ) {}

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
    const goalClass = goalClassOf(goalType);
    if (!goalClass) throw unknownGoalType('Set goal_type in the query to one of the documented types.');
    const accepted =
      (await this.acceptedBefore(operation)) ?? (await this.accept(goalClass, body, caller, operation));
    void reply.header('location', `/goals/${accepted.goal_id}`);
    return accepted;
  }

  /** What an earlier request of this operation was about to answer; the goal may not be acceptable any more by now. */
  private async acceptedBefore({ id, isResumed }: Operation): Promise<AcceptedGoalDto | undefined> {
    return isResumed && (await this.goals.find(id)) ? { goal_id: id } : undefined;
  }

  private accept(
    goalClass: GoalClass,
    body: unknown,
    caller: Caller,
    { id }: Operation,
  ): Promise<AcceptedGoalDto> {
    const { request, command } = goalDoors[goalClass];
    return this.commands.execute(new command(id, caller, readGoalIntent(goalClass, request, body)));
  }
}
