import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { RateLimiter } from '../limits/rate-limiter.js';
import {
  assertInScope,
  authorizationInQuery,
  hasRole,
  type Caller,
  IN_SCOPE,
  incomingOf,
  OPEN,
  type Role,
  ROLES,
  TOKEN_IN_QUERY,
} from '../http/incoming.js';
import { forbidden } from '../problem/problem.js';
import { TokenVerifier } from './token-verifier.js';

/**
 * Every endpoint that is not marked @Open() needs a valid token, a caller within its quota and one of the roles it names. A
 * token with a scope needs one that is marked @InScope().
 */
@Injectable()
export class AuthGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly tokens: TokenVerifier,
    private readonly limiter: RateLimiter,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const places = [context.getHandler(), context.getClass()];
    if (this.reflector.getAllAndOverride<boolean>(OPEN, places)) return true;
    const incoming = incomingOf(context);
    if (this.reflector.getAllAndOverride<boolean>(TOKEN_IN_QUERY, places))
      incoming.authorization ??= authorizationInQuery(context.switchToHttp().getRequest<FastifyRequest>());
    const caller = await this.tokens.verify(incoming.authorization);
    incoming.caller = caller;
    const quota = await this.limiter.takeCaller(caller);
    if (context.getType() === 'http') void context.switchToHttp().getResponse<FastifyReply>().headers(quota);
    if (caller.scope !== undefined) this.assertInScope(context, caller);
    const roles = this.reflector.getAllAndOverride<Role[] | undefined>(ROLES, places);
    if (roles && !hasRole(caller, ...roles))
      throw forbidden(`This needs one of the roles ${roles.join(', ')}.`);
    return true;
  }

  private assertInScope(context: ExecutionContext, caller: Caller): void {
    const places = [context.getHandler(), context.getClass()];
    const mark = this.reflector.getAllAndOverride<{ param?: string } | undefined>(IN_SCOPE, places);
    if (!mark || context.getType() !== 'http') throw forbidden('This token reads one thing alone.');
    const { params } = context
      .switchToHttp()
      .getRequest<FastifyRequest<{ Params: Record<string, string> }>>();
    if (mark.param !== undefined) assertInScope(caller, params[mark.param]);
  }
}
