import { applyDecorators } from '@nestjs/common';
import { ApiExtraModels, ApiResponse, type ApiResponseOptions, getSchemaPath } from '@nestjs/swagger';
import { internalError, overloaded, tooManyRequests, unauthorized, unavailable } from './http-problems.js';
import { ProblemDto } from './problem.dto.js';
import type { ProblemKind } from './problem.js';

const text = { type: 'string' } as const;
const retryAfter = {
  'Retry-After': { schema: text, description: 'seconds after which to come again', example: '1' },
};

/** Headers that go with every refusal of a status. */
const headers: Record<number, ApiResponseOptions['headers']> = {
  401: { 'WWW-Authenticate': { schema: text, description: 'Bearer', example: 'Bearer' } },
  429: {
    ...retryAfter,
    RateLimit: {
      schema: text,
      description: 'what is left of the quota, and for how many seconds',
      example: '"user";r=0;t=4',
    },
    'RateLimit-Policy': {
      schema: text,
      description: 'the quota, and the seconds it is for',
      example: '"user";q=10000;w=10',
    },
  },
  503: retryAfter,
};

/** Documents the refusals of an endpoint, an example for each code, and those that any endpoint may come to. */
export function ApiProblems(...own: ProblemKind[]): MethodDecorator {
  const limited = own.includes(unauthorized) ? [tooManyRequests, overloaded] : [];
  const kinds = new Set([...own, ...limited, internalError, unavailable]);
  const byStatus = Map.groupBy(kinds, (kind) => kind.status);
  return applyDecorators(
    ApiExtraModels(ProblemDto),
    ...[...byStatus].map(([status, group]) =>
      ApiResponse({
        status,
        headers: headers[status],
        description: group.map((kind) => `${kind.code}: ${kind.title}`).join('; '),
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
