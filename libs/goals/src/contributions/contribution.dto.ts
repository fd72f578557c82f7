import type { Contributed, ContributionVoided, ListedContribution } from '#contracts';
import type { Contribution } from '#contributions';
import { idSchema, IfPresent } from '#platform';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsInt, IsString, Length, Matches, Max, Min } from 'class-validator';
import { levelLimits } from '../goal/rules.js';

/** How long a source_id and the texts of a contribution may be. */
export const contributionLimits = { source_id: 128, display_name: 40, message: 200, reason: 200 };

const anySource = 'payment-4711';

/** Body of a contribution. */
export class ContributionRequest implements Contribution {
  @ApiProperty({
    minLength: 1,
    maxLength: contributionLimits.source_id,
    example: anySource,
    description: 'counted once per goal',
  })
  @IsString()
  @Length(1, contributionLimits.source_id)
  source_id: string;

  @ApiProperty({
    pattern: '^[A-Za-z0-9_\\-=,.;]{1,64}$',
    example: '0123456789abcdef0123456c',
    description: 'who gives; has to fit into a channel name',
  })
  @Matches(/^[A-Za-z0-9_\-=,.;]{1,64}$/, { message: 'must be 1 to 64 characters of A-Z a-z 0-9 _ - = , . ;' })
  user_id: string;

  @ApiProperty({
    type: 'integer',
    minimum: 1,
    maximum: levelLimits.target,
    example: 3,
    description: "in the goal's unit",
  })
  @IsInt()
  @Min(1)
  @Max(levelLimits.target)
  amount: number;

  @ApiPropertyOptional({ minLength: 1, maxLength: contributionLimits.display_name, example: 'Ann' })
  @IfPresent()
  @IsString()
  @Length(1, contributionLimits.display_name)
  display_name?: string;

  @ApiPropertyOptional({ minLength: 1, maxLength: contributionLimits.message, example: 'for the encore' })
  @IfPresent()
  @IsString()
  @Length(1, contributionLimits.message)
  message?: string;

  @ApiPropertyOptional({
    default: false,
    example: false,
    description: 'whether only services and admins may see who gave it',
  })
  @IfPresent()
  @IsBoolean()
  anonymous?: boolean;
}

/** The contribution of a request. */
export function contributionOf(request: ContributionRequest): Contribution {
  const { source_id, user_id, amount, display_name, message, anonymous } = request;
  return {
    source_id,
    user_id,
    amount,
    ...(display_name !== undefined && { display_name }),
    ...(message !== undefined && { message }),
    ...(anonymous && { anonymous }),
  };
}

/** Body of a voiding. */
export class VoidRequest {
  @ApiPropertyOptional({ minLength: 1, maxLength: contributionLimits.reason, example: 'charged back' })
  @IfPresent()
  @IsString()
  @Length(1, contributionLimits.reason)
  reason?: string;
}

const progress = { type: 'integer', example: 53 } as const;
const level = { type: 'integer', example: 1, description: 'levels reached' } as const;

export class ContributionVoidedDto implements ContributionVoided {
  @ApiProperty(idSchema('0123456789abcdef0123456b')) goal_id: string;
  @ApiProperty(progress) progress: number;
  @ApiProperty(level) level: number;
}

export class ContributedDto implements Contributed {
  @ApiProperty(idSchema('0123456789abcdef0123456b')) goal_id: string;
  @ApiProperty(progress) progress: number;
  @ApiProperty(level) level: number;
  @ApiProperty({
    example: false,
    description: 'a late ticket: gives access, changes neither progress nor level',
  })
  late: boolean;
}

const ofGiver = { type: String, nullable: true, description: 'null if it is anonymous' } as const;
const time = { type: String, format: 'date-time', example: '2026-09-21T14:13:20.000Z' };

export class ListedContributionDto implements ListedContribution {
  @ApiProperty({ example: anySource }) source_id: string;
  @ApiProperty({ ...ofGiver, example: '0123456789abcdef0123456c' }) user_id: string | null;
  @ApiProperty({ type: 'integer', example: 3 }) amount: number;
  @ApiProperty({ example: false, description: 'a late ticket' }) late: boolean;
  @ApiProperty({ ...time, nullable: true, example: null, description: 'null while it counts' })
  voided_at: string | null;
  @ApiProperty({ ...ofGiver, example: 'Ann' }) display_name: string | null;
  @ApiProperty({ type: String, nullable: true, example: 'for the encore' }) message: string | null;
  @ApiProperty({ example: false }) anonymous: boolean;
  @ApiProperty(time) created_at: string;
}

export class ContributionPageDto {
  @ApiProperty({ type: [ListedContributionDto] }) items: ListedContributionDto[];
  @ApiProperty({ type: String, nullable: true, example: null }) next_cursor: string | null;
}
