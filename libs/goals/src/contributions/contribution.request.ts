import { ApiProperty } from '@nestjs/swagger';
import { IsInt, IsString, Length, Matches, Max, Min } from 'class-validator';
import type { Contribution } from '#contributions';
import { idSchema } from '#platform';
import { levelLimits } from '../goal/levels.js';

/** Body of a contribution. */
export class ContributionRequest implements Contribution {
  @ApiProperty({
    minLength: 1,
    maxLength: 128,
    example: 'payment-4711',
    description: 'counted once per goal',
  })
  @IsString()
  @Length(1, 128)
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
}

export class ContributedDto {
  @ApiProperty(idSchema('0123456789abcdef0123456b')) goal_id: string;
  @ApiProperty({ type: 'integer', example: 53 }) progress: number;
  @ApiProperty({ type: 'integer', example: 1, description: 'levels reached' }) level: number;
}
