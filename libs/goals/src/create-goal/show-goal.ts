import { type NewGoal, type ShowUnit, showUnits } from '#contracts';
import { Clock, idSchema, IfPresent, IsId, type Problem } from '#platform';
import { Inject } from '@nestjs/common';
import { CommandHandler } from '@nestjs/cqrs';
import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsDefined, IsIn, IsObject, ValidateNested } from 'class-validator';
import { FundingStore } from '../goal/funding.store.js';
import { createInFlight, fundingSettled } from '../goal/goal.problems.js';
import type { GoalRecord } from '../goal/goal.schema.js';
import { isFundingOver } from '../goal/outcome.js';
import { GoalReader } from '../read-goal/goal.reader.js';
import { showIdOf } from '../read-goal/show.reader.js';
import { CreateGoalCommand, CreateGoalHandler } from './create-goal.handler.js';
import { GoalRequest, SessionContext } from './goal.request.js';

export class ShowContext extends SessionContext {
  @ApiProperty(idSchema('0123456789abcdef01234567'))
  @IsId()
  funding_goal_id: string;
}

/** Body of goal_type=show. */
@ApiSchema({ name: 'ShowGoalRequest' })
export class ShowGoalRequest extends GoalRequest {
  @ApiProperty()
  @IsDefined()
  @IsObject()
  @ValidateNested()
  @Type(() => ShowContext)
  declare context: ShowContext;

  @ApiPropertyOptional({
    enum: showUnits,
    default: 'seconds',
    example: 'seconds',
    description: 'what targets count: seconds performed, or coins given',
  })
  @IfPresent()
  @IsIn(showUnits)
  unit?: ShowUnit;
}

/** Asks for a ShowGoal: the show that a funding goal has paid for. */
export class CreateShowGoalCommand extends CreateGoalCommand {}

/** The funding goal is one of the same session and has its pair there; it pays for one show, ever. */
@CommandHandler(CreateShowGoalCommand)
export class CreateShowGoalHandler extends CreateGoalHandler {
  @Inject(FundingStore)
  private readonly funding: FundingStore;
  @Inject(GoalReader)
  private readonly goals: GoalReader;
  @Inject(Clock)
  private readonly clock: Clock;

  /** Reserves the funding goal, so that its tickets are not given back while the show that they pay for is being created. */
  protected override async reserve({ goal_id, context }: NewGoal): Promise<void> {
    const fundingGoalId = context.funding_goal_id!;
    const reservation = { fundingGoalId, showGoalId: goal_id, at: this.clock.now() };
    if (!(await this.funding.acceptShow(reservation)))
      throw refusalOf(await this.goals.stored(fundingGoalId));
  }
}

/** Why a show was not accepted. */
function refusalOf(funding: GoalRecord): Problem {
  if (isFundingOver(funding)) return fundingSettled('Its tickets are settled, or are about to be.');
  return createInFlight('Another goal is being created there.', { goal_id: showIdOf(funding) });
}
