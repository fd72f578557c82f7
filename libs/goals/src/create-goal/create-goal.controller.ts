import { type Caller, CurrentCaller, CurrentOperation, Idempotent, type Operation } from '#platform';
import { Body, Controller, HttpCode, Post, Query, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { AcceptedGoalDto, ApiCreateGoal } from './create-goal.docs.js';
import { GoalIntake } from './goal-intake.js';

/** Takes requests for goals of every class. */
@ApiTags('goals')
@ApiBearerAuth()
@Controller('goals')
export class CreateGoalController {
  constructor(private readonly intake: GoalIntake) {}

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
    const accepted = await this.intake.accept(goalType, body, caller, operation);
    void reply.header('location', `/goals/${accepted.goal_id}`);
    return accepted;
  }
}
