import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import type { FieldFault } from './problem.js';

@ApiSchema({ name: 'FieldFault', description: 'One fault of a request' })
export class FieldFaultDto implements FieldFault {
  @ApiProperty({ description: 'where, as a JSON pointer (RFC 6901)', example: '/exp' }) pointer: string;
  @ApiProperty({ description: 'what', example: 'must be later than nbf' }) detail: string;
}

/** How a refusal is documented. */
@ApiSchema({ name: 'Problem', description: 'A refusal (RFC 9457)' })
export class ProblemDto {
  @ApiProperty({ example: 'urn:goalpost:problem:goal_not_found' }) type: string;
  @ApiProperty({ example: 'There is no such goal' }) title: string;
  @ApiProperty({ type: 'integer', example: 404 }) status: number;
  @ApiProperty({ example: 'There is no goal 0123456789abcdef0123456b.' }) detail: string;
  @ApiProperty({ description: 'the request', example: '/goals/0123456789abcdef0123456b' }) instance: string;
  @ApiProperty({ description: 'stable; made for programs', example: 'goal_not_found' }) code: string;
  @ApiPropertyOptional({
    description: 'the goal that already stands there',
    example: '0123456789abcdef0123456b',
  })
  goal_id?: string;
  @ApiPropertyOptional({ description: 'the faults of single fields', type: [FieldFaultDto] })
  errors?: FieldFaultDto[];
}
