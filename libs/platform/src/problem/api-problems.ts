import { applyDecorators } from '@nestjs/common';
import { ApiExtraModels, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import { internalError, unavailable } from './http-problems.js';
import { ProblemDto } from './problem.dto.js';
import type { ProblemKind } from './problem.js';

/** Headers that go with every refusal of a status. */
const headers: Record<number, Record<string, { schema: { type: string }; description: string }>> = {
  401: { 'WWW-Authenticate': { schema: { type: 'string' }, description: 'Bearer' } },
  503: { 'Retry-After': { schema: { type: 'string' }, description: 'seconds after which to try again' } },
};

/** Documents the refusals of an endpoint, an example for each code, and those that any endpoint may come to. */
export function ApiProblems(...kinds: ProblemKind[]): MethodDecorator {
  const byStatus = Map.groupBy(new Set([...kinds, internalError, unavailable]), (kind) => kind.status);
  return applyDecorators(
    ApiExtraModels(ProblemDto),
    ...[...byStatus].map(([status, group]) =>
      ApiResponse({
        status,
        description: group.map((kind) => `${kind.code}: ${kind.title}`).join('; '),
        headers: headers[status],
        content: {
          'application/problem+json': {
            schema: { $ref: getSchemaPath(ProblemDto) },
            examples: Object.fromEntries(
              group.map((kind) => [kind.code, { summary: kind.title, value: exampleOf(kind) }]),
            ),
          },
        },
      }),
    ),
  );
}

function exampleOf(kind: ProblemKind) {
  const errors =
    kind.code === 'validation_failed' ? [{ pointer: '/exp', detail: 'must be later than nbf' }] : undefined;
  return { ...kind(kind.title, errors && { errors }).toBody('/path/of/the/request') };
}
