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

/** The ETags of bodies; one that is shared by many responses is hashed once. */
const etags = new WeakMap<object, string>();

function etagOf(body: object): string {
  const known = etags.get(body);
  if (known) return known;
  const etag = `"${createHash('sha1').update(JSON.stringify(body)).digest('base64url')}"`;
  etags.set(body, etag);
  return etag;
}

/** Sets the ETag of a response, and answers 304 if the client already has it (RFC 9110, section 13.1.2). */
@Injectable()
class ETagInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    return next.handle().pipe(
      map((body: object) => {
        const etag = etagOf(body);
        void reply.header('etag', etag);
        if (!matches(request.headers['if-none-match'], etag)) return body;
        void reply.status(304);
        return undefined;
      }),
    );
  }
}

/** The ETag header in the OpenAPI document. */
export const etagHeader = {
  ETag: { schema: { type: 'string' }, description: 'names this state of the answer' },
};

/** Supports conditional requests: a client that has the latest response gets 304. */
export const Conditional = () =>
  applyDecorators(
    UseInterceptors(ETagInterceptor),
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
