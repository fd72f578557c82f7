import { type Contributed, type Goal, goalPatterns } from '#contracts';
import {
  type Caller,
  CurrentCaller,
  CurrentOperation,
  Idempotent,
  type Operation,
  readOrRefuse,
  Roles,
} from '#platform';
import { Controller } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { ContributeCommand } from '../contributions/contribute.command.js';
import { ContributionRequest } from '../contributions/contribution.request.js';
import { GoalIntake } from '../create-goal/goal-intake.js';
import { GoalReader } from '../get-goal/goal.reader.js';

/** A message as it arrives; the guard has seen its token, what else is in it is checked like a body. */
type Message = Record<string, unknown>;

/** Answers the messages of other services: the same requests as over HTTP, by the same code. */
@Controller()
export class GoalMessagesController {
  constructor(
    private readonly intake: GoalIntake,
    private readonly goals: GoalReader,
    private readonly commands: CommandBus,
  ) {}

  @MessagePattern(goalPatterns.create)
  @Idempotent()
  create(
    @Payload() { authorization: _, idempotency_key: __, goal_type, ...body }: Message,
    @CurrentCaller() caller: Caller,
    @CurrentOperation() operation: Operation,
  ): Promise<{ goal_id: string }> {
    return this.intake.accept(goal_type, body, caller, operation);
  }

  @MessagePattern(goalPatterns.get)
  get(@Payload() { goal_id }: Message): Promise<Goal> {
    return this.goals.get(String(goal_id));
  }

  @MessagePattern(goalPatterns.contribute)
  @Roles('service')
  async contribute(@Payload() { authorization: _, goal_id, ...body }: Message): Promise<Contributed> {
    const { source_id, user_id, amount } = readOrRefuse(ContributionRequest, body);
    const command = new ContributeCommand(String(goal_id), { source_id, user_id, amount });
    const { isNew: __, ...contributed } = await this.commands.execute(command);
    return contributed;
  }
}
