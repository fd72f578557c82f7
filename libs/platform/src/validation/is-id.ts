import { ApiParam } from '@nestjs/swagger';
import { Matches } from 'class-validator';

const form = '^[0-9a-f]{24}$';

/** A 24-hex id. */
export const IsId = () => Matches(new RegExp(form), { message: 'must be an id of 24 hex digits' });

/** How an id is documented. */
export const idSchema = (example: string) => ({ type: String, pattern: form, example });

/** Documents an id in the path. */
export const ApiIdParam = (name: string, example: string): MethodDecorator =>
  ApiParam({ name, schema: { type: 'string', pattern: form, example } });
