import { applyDecorators, type ExecutionContext, SetMetadata } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';

/** Kinds of requests, each with slots of its own, so that a flood of one leaves the others theirs. */
export const workKinds = ['read', 'change', 'payment'] as const;
export type WorkKind = (typeof workKinds)[number];

const KIND = 'goalpost:work-kind';

/** Says of which kind an endpoint or a message is, where it is not what its method says: a GET reads, all else changes. */
export const WorkOf = (kind: WorkKind) =>
  // The route says it before any handler is known, the handler where there is no route.
  applyDecorators(RouteConfig({ workKind: kind }), SetMetadata(KIND, kind));

/** The kind of a request that was routed and not read yet. */
export function kindOfRequest({ method, routeOptions }: FastifyRequest): WorkKind {
  const { workKind } = routeOptions.config as { workKind?: WorkKind };
  return workKind ?? (method === 'GET' || method === 'HEAD' ? 'read' : 'change');
}

/** The kind of a request or a message that has come to its handler. */
export function kindOfWork(context: ExecutionContext): WorkKind {
  if (context.getType() === 'http') return kindOfRequest(context.switchToHttp().getRequest<FastifyRequest>());
  return (Reflect.getMetadata(KIND, context.getHandler()) as WorkKind | undefined) ?? 'change';
}
