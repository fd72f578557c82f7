import { type FundingContent, type SalesEnd, salesEnds } from '#contracts';
import { type FieldFault, IfPresent } from '#platform';
import { CommandHandler } from '@nestjs/cqrs';
import { ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsIn, IsInt, IsObject, Max, Min, ValidateNested } from 'class-validator';
import { PlannedShowDto } from '../goal/goal.dto.js';
import { levelFaults, levelLimits } from '../goal/rules.js';
import { CreateGoalCommand, CreateGoalHandler } from './create-goal.handler.js';
import { TimedGoalRequest } from './goal.request.js';

/** Body of goal_type=show_funding; exp, the end of the countdown, is required. */
@ApiSchema({ name: 'ShowFundingGoalRequest' })
export class ShowFundingGoalRequest extends TimedGoalRequest implements FundingContent {
  @ApiPropertyOptional({
    type: 'integer',
    minimum: 1,
    maximum: levelLimits.levels,
    default: 1,
    example: 1,
    description: 'the level that pays for the show; those above it are stretch goals',
  })
  @IfPresent()
  @IsInt()
  @Min(1)
  @Max(levelLimits.levels)
  minimum_level?: number;

  @ApiPropertyOptional({
    enum: salesEnds,
    default: 'show_end',
    example: 'show_end',
    description: 'show_end: tickets are sold on after the countdown, if it is funded or has its show',
  })
  @IfPresent()
  @IsIn(salesEnds)
  sales_until?: SalesEnd;

  @ApiPropertyOptional({ type: PlannedShowDto, description: 'the show that it is to pay for' })
  @IfPresent()
  @IsObject()
  @ValidateNested()
  @Type(() => PlannedShowDto)
  show?: PlannedShowDto;
}

/** Faults between the fields of a request, by those that are well-formed themselves. */
export function fundingFaults(
  { levels, minimum_level = 1, show }: ShowFundingGoalRequest,
  isRead: (field: string) => boolean,
): FieldFault[] {
  const faults = show && isRead('show') ? levelFaults(show.levels, '/show/levels') : [];
  if (isRead('levels') && isRead('minimum_level') && minimum_level > levels.length)
    faults.push({ pointer: '/minimum_level', detail: `must not be more than the ${levels.length} levels` });
  return faults;
}

/** Asks for a ShowFundingGoal: viewers buy tickets towards a show. */
export class CreateShowFundingGoalCommand extends CreateGoalCommand {}

/** A session may have several funding goals; each opens a pair. */
@CommandHandler(CreateShowFundingGoalCommand)
export class CreateShowFundingGoalHandler extends CreateGoalHandler {}
