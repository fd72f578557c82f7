import { applyDecorators } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import type { ProblemKind } from './problem.js';

const schema = {
  type: 'object',
  required: ['type', 'title', 'status', 'detail', 'instance', 'code'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    instance: { type: 'string' },
    code: { type: 'string', description: 'stable; made for programs' },
    goal_id: { type: 'string', description: 'the goal that already stands there' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['pointer', 'detail'],
        properties: { pointer: { type: 'string' }, detail: { type: 'string' } },
      },
    },
  },
};

/** Documents the refusals of an endpoint, an example for each code. */
export function ApiProblems(...kinds: ProblemKind[]): MethodDecorator {
  const byStatus = Map.groupBy(kinds, (kind) => kind.status);
  return applyDecorators(
    ...[...byStatus].map(([status, group]) =>
      ApiResponse({
        status,
        description: group.map((kind) => `${kind.code}: ${kind.title}`).join('; '),
        content: {
          'application/problem+json': {
            schema,
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
