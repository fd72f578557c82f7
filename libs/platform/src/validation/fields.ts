import { IsInt, IsString, Matches, Max, MaxLength, Min, ValidateIf } from 'class-validator';
import { ApiParam, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';

/** The property may be absent; null is a value and must be valid. */
export const IfPresent = () => ValidateIf((_, value) => value !== undefined);

const form = '^[0-9a-f]{24}$';

/** A 24-hex id. */
export const IsId = () => Matches(new RegExp(form), { message: 'must be an id of 24 hex digits' });

/** An id in the OpenAPI document. */
export const idSchema = (example: string) => ({ type: String, pattern: form, example });

/** Documents an id in the path. */
export const ApiIdParam = (name: string, example: string): MethodDecorator =>
  ApiParam({ name, schema: { type: 'string', pattern: form, example } });

/** Query of a list: which page, and how long. */
export class PageQuery {
  @ApiPropertyOptional({ description: 'next_cursor of the page before', maxLength: 100 })
  @IfPresent()
  @IsString()
  @MaxLength(100)
  cursor?: string;

  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 100, default: 50 })
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(100)
  limit: number = 50;
}
