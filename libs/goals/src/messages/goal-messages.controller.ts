import { type Access, type Contributed, type Goal, goalPatterns } from '#contracts';
import {
  type Caller,
  CurrentCaller,
  CurrentOperation,
  Idempotent,
  messageHeaders,
  type Operation,
  readOrRefuse,
  Roles,
  OfKind,
} from '#platform';
import { Controller } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { ContributeCommand } from '../contributions/contribute.handler.js';
import { contributionOf, ContributionRequest } from '../contributions/contribution.dto.js';
import { CreateGoalService } from '../create-goal/create-goal.service.js';
import { GoalReader } from '../read-goal/goal.reader.js';
import { assertMayAsk } from '../show-access/access.controller.js';
import { ShowAccess } from '../show-access/show-access.js';

/** A message as it arrives; the guard has seen its token, what else is in it is checked like a body. */
type Message = Record<string, unknown>;

/** Answers the messages of other services: the same requests as over HTTP, by the same code. */
@Controller()
export class GoalMessagesController {
  constructor(
    private readonly creation: CreateGoalService,
    private readonly goals: GoalReader,
    private readonly commands: CommandBus,
    private readonly showAccess: ShowAccess,
  ) {}

  @MessagePattern(goalPatterns.create)
  @Idempotent()
  create(
    @Payload() message: Message,
    @CurrentCaller() caller: Caller,
    @CurrentOperation() operation: Operation,
  ): Promise<{ goal_id: string }> {
    return this.creation.create(
      message.goal_type,
      bodyOf(message, 'idempotency_key', 'goal_type'),
      caller,
      operation,
    );
  }

  @MessagePattern(goalPatterns.get)
  @OfKind('read')
  get(@Payload() { goal_id }: Message): Promise<Goal> {
    return this.goals.get(String(goal_id));
  }

  @MessagePattern(goalPatterns.contribute)
  @Roles('service')
  @OfKind('payment')
  async contribute(@Payload() message: Message): Promise<Contributed> {
    const request = readOrRefuse(ContributionRequest, bodyOf(message, 'goal_id'));
    const command = new ContributeCommand(String(message.goal_id), contributionOf(request));
    const { isNew: _, ...contributed } = await this.commands.execute(command);
    return contributed;
  }

  @MessagePattern(goalPatterns.access)
  @OfKind('read')
  async access(@Payload() message: Message, @CurrentCaller() caller: Caller): Promise<Access> {
    const userId = String(message.user_id);
    assertMayAsk(caller, userId);
    return this.showAccess.check(String(message.goal_id), userId);
  }
}

/** What HTTP would carry as the body: the message without what HTTP has in headers, and what else stands outside. */
function bodyOf(message: Message, ...outside: string[]): Message {
  const envelope = new Set<string>([...messageHeaders, ...outside]);
  return Object.fromEntries(Object.entries(message).filter(([name]) => !envelope.has(name)));
}
