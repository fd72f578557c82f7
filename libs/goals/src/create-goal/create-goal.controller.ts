import { goalClassOf } from '#contracts';
import { type Caller, CurrentCaller, Idempotent, OperationId } from '#platform';
import { Body, Controller, HttpCode, Post, Query, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { unknownGoalType } from '../goal/goal.problems.js';
import { AcceptedGoalDto, ApiCreateGoal } from './create-goal.docs.js';
import { goalDoors } from './goal-doors.js';
import { readGoalIntent } from './read-goal-intent.js';

/** Takes requests for goals of every class. */
@ApiTags('goals')
@ApiBearerAuth()
@Controller('goals')
export class CreateGoalController {
  constructor(private readonly commands: CommandBus) {}

  @Post()
  @HttpCode(202)
  @Idempotent()
  @ApiCreateGoal()
  async create(
    @Query('goal_type') goalType: unknown,
    @Body() body: unknown,
    @CurrentCaller() caller: Caller,
    @OperationId() goalId: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<AcceptedGoalDto> {
    const goalClass = goalClassOf(goalType);
    if (!goalClass) throw unknownGoalType('Set goal_type in the query to one of the documented types.');
    const door = goalDoors[goalClass];
    const intent = readGoalIntent(goalClass, door.request, body);
    const accepted = await this.commands.execute(new door.command(goalId, caller, intent));
    void reply.header('location', `/goals/${accepted.goal_id}`);
    return accepted;
  }
}
