import {
  ApiExtraModels,
  ApiProperty,
  ApiPropertyOptional,
  ApiResponse,
  type ApiResponseOptions,
  ApiSchema,
  getSchemaPath,
} from '@nestjs/swagger';
import { applyDecorators } from '@nestjs/common';
import {
  type FieldFault,
  internalError,
  overloaded,
  type ProblemKind,
  tooManyRequests,
  unauthorized,
  unavailable,
} from './problem.js';

@ApiSchema({ name: 'FieldFault', description: 'One fault of a request' })
export class FieldFaultDto implements FieldFault {
  @ApiProperty({ description: 'where, as a JSON pointer (RFC 6901)', example: '/exp' }) pointer: string;
  @ApiProperty({ description: 'what', example: 'must be later than nbf' }) detail: string;
}

/** A problem in the OpenAPI document. */
@ApiSchema({ name: 'Problem', description: 'A refusal (RFC 9457)' })
export class ProblemDto {
  @ApiProperty({ example: 'urn:goalpost:problem:not_found' }) type: string;
  @ApiProperty({ example: 'Nothing is there' }) title: string;
  @ApiProperty({ type: 'integer', example: 404 }) status: number;
  @ApiProperty({ example: 'There is no such queue.' }) detail: string;
  @ApiProperty({ description: 'the request', example: '/path/of/the/request' }) instance: string;
  @ApiProperty({ description: 'stable; made for programs', example: 'not_found' }) code: string;
  @ApiPropertyOptional({ description: 'the faults of single fields', type: [FieldFaultDto] })
  errors?: FieldFaultDto[];
}

/** Documents a member that the problems of a lib carry beyond those of every problem. */
export function documentProblemMember(name: string, options: { description: string; example: string }): void {
  ApiPropertyOptional({ type: String, ...options })(ProblemDto.prototype, name);
}

const text = { type: 'string' } as const;
const retryAfter = {
  'Retry-After': { schema: text, description: 'seconds after which to come again', example: '1' },
};

/** Headers of every problem with a status. */
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

/** Documents the problems of an endpoint with an example for each code, and those that any endpoint may have. */
export function ApiProblems(...own: ProblemKind[]): MethodDecorator {
  const limited = own.includes(unauthorized) ? [tooManyRequests, overloaded] : [];
  const kinds = new Set([...own, ...limited, internalError, unavailable]);
  const byStatus = new Map<number, ProblemKind[]>();
  for (const kind of kinds) byStatus.set(kind.status, [...(byStatus.get(kind.status) ?? []), kind]);
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
