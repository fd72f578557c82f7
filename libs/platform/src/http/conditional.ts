import { createHash } from 'node:crypto';
import {
  applyDecorators,
  type CallHandler,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
  UseInterceptors,
} from '@nestjs/common';
import { ApiHeader, ApiNotModifiedResponse } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { map, type Observable } from 'rxjs';

/** Gives an answer its ETag, and 304 without a body to who has it already (RFC 9110, section 13.1.2). */
@Injectable()
class ConditionalInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    return next.handle().pipe(
      map((body: unknown) => {
        const etag = `"${createHash('sha1').update(JSON.stringify(body)).digest('base64url')}"`;
        void reply.header('etag', etag);
        if (!matches(request.headers['if-none-match'], etag)) return body;
        void reply.status(304);
        return undefined;
      }),
    );
  }
}

/** Documents the ETag of an answer. */
export const etagHeader = {
  ETag: { schema: { type: 'string' }, description: 'names this state of the answer' },
};

/** Lets a client that has the latest answer ask for a newer one by `If-None-Match`. */
export const Conditional = () =>
  applyDecorators(
    UseInterceptors(ConditionalInterceptor),
    ApiHeader({
      name: 'If-None-Match',
      required: false,
      description: 'ETag of the answer that the client has',
    }),
    ApiNotModifiedResponse({ description: 'the client has the latest answer', headers: etagHeader }),
  );

function matches(header: string | undefined, etag: string): boolean {
  return (header ?? '').split(',').some((one) => ['*', etag, `W/${etag}`].includes(one.trim()));
}
