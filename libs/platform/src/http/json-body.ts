import { isUtf8 } from 'node:buffer';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyBodyParser, RawServerBase } from 'fastify';
import { malformedRequest } from '../problem/http-problems.js';

const texts = /"[^"\\]*(?:\\.[^"\\]*)*"(\s*:)?/g;

/**
 * Reads JSON bodies as Fastify does, and refuses two things more that readers of JSON understand in different ways: bytes that
 * are no UTF-8, and an object that has a name twice.
 */
export function readJsonBodies(app: NestFastifyApplication, bodyLimit: number): void {
  const http = app.getHttpAdapter().getInstance();
  // It takes a string or a buffer, of which its type names the first alone.
  const parse = http.getDefaultJsonParser('error', 'error') as unknown as FastifyBodyParser<
    string,
    RawServerBase
  >;
  app.useBodyParser('application/json', { bodyLimit }, (request, body, done) => {
    if (!isUtf8(body)) return done(malformedRequest('The body is no UTF-8.'));
    const text = body.toString();
    void parse(request, text, (error, value: unknown) => {
      if (!error && namesIn(text) !== namesOf(value))
        return done(malformedRequest('An object of the body has a name twice.'));
      done(error, value);
    });
  });
}

/** Names written in a text that is JSON: of all its strings, those before a colon. */
function namesIn(text: string): number {
  let names = 0;
  for (const [, colon] of text.matchAll(texts)) if (colon) names += 1;
  return names;
}

/** Names that came of it; without recursion, since nobody has looked yet how deep it is. */
function namesOf(value: unknown): number {
  let names = 0;
  const left = [value];
  while (left.length > 0) {
    const one = left.pop();
    if (typeof one !== 'object' || one === null) continue;
    const children: unknown[] = Object.values(one);
    if (!Array.isArray(one)) names += children.length;
    left.push(...children);
  }
  return names;
}
