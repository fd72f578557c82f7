import { randomUUID } from 'node:crypto';
import { type IncomingMessage, STATUS_CODES } from 'node:http';
import { isUtf8 } from 'node:buffer';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type {
  FastifyBodyParser,
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  RawServerBase,
} from 'fastify';
import type { Socket } from 'node:net';
import { headersTooLarge, malformedRequest, methodNotAllowed, requestTimeout } from '../problem/problem.js';
import { sendProblem } from '../problem/problem.filter.js';

const sane = /^[\w.:/+=@-]{1,128}$/;

/** The request id that the client sent if it is safe in a header and a log line; else a new one. */
export function requestIdOf({ headers }: Pick<IncomingMessage, 'headers'>): string {
  return saneRequestId(headers['x-request-id']);
}

/** A request id that is safe in a header and a log line: the given one, or else a new one. */
export function saneRequestId(given: unknown): string {
  return typeof given === 'string' && sane.test(given) ? given : randomUUID();
}

const texts = /"[^"\\]*(?:\\.[^"\\]*)*"(\s*:)?/g;

/**
 * Reads JSON bodies as Fastify does, and also refuses what JSON parsers treat differently: bytes that are not UTF-8, and
 * objects with a duplicate name.
 */
export function readJsonBodies(app: NestFastifyApplication, bodyLimit: number): void {
  const http = app.getHttpAdapter().getInstance();
  // It takes a string or a buffer, but its type only names the former.
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

/** The number of names in a JSON text: the strings before a colon. */
function namesIn(text: string): number {
  let names = 0;
  for (const [, colon] of text.matchAll(texts)) if (colon) names += 1;
  return names;
}

/** The number of names in the parsed value; without recursion, as its depth is not checked yet. */
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

interface RoutePath {
  pattern: RegExp;
  methods: Set<string>;
}

/** Answers 405 with the methods of a path if it has some, but not that of the request (RFC 9110, section 15.5.6). */
export function refuseMethods(server: FastifyInstance): void {
  const paths = new Map<string, RoutePath>();
  server.addHook('onRoute', ({ url, method }) => {
    // A wildcard for all paths says nothing about this one.
    if (/^\/?\*$/.test(url)) return;
    const path = paths.get(url) ?? { pattern: patternOf(url), methods: new Set() };
    for (const one of [method].flat()) path.methods.add(one);
    paths.set(url, path);
  });
  server.addHook('onRequest', (request: FastifyRequest, reply: FastifyReply, done: () => void) => {
    const allowed = request.is404 ? methodsAt(request.url, paths.values()) : [];
    if (allowed.length === 0) return done();
    const allow = allowed.join(', ');
    sendProblem(methodNotAllowed(`The path takes ${allow}.`, {}, { allow }), request, reply);
  });
}

function methodsAt(url: string, paths: Iterable<RoutePath>): string[] {
  const asked = url.split('?', 1)[0]!;
  const methods = [...paths].flatMap((path) => (path.pattern.test(asked) ? [...path.methods] : []));
  return [...new Set(methods)].toSorted();
}

/** The paths that a route matches. */
function patternOf(url: string): RegExp {
  const escaped = url.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`);
  return new RegExp(`^${escaped.replaceAll(/:\w+/g, '[^/]+').replaceAll('*', '.*')}$`);
}

/** Answers what is not an HTTP request, or an incomplete one, on the bare socket, and closes the connection. */
export function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  // A connection without data, such as one kept open for later, expects no response and would assign it to its next request.
  if (error.code === 'ECONNRESET' || !socket.writable || socket.bytesRead === 0) {
    socket.destroy();
    return;
  }
  const problem = problemOf(error.code);
  const { status } = problem.kind;
  const body = JSON.stringify(problem.toBody(''));
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\ncontent-type: application/problem+json; charset=utf-8\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
    () => socket.destroy(),
  );
}

function problemOf(code: string | undefined) {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return requestTimeout('Headers and body have to arrive sooner.');
  if (code === 'HPE_HEADER_OVERFLOW') return headersTooLarge('All headers together have 16 KiB at most.');
  return malformedRequest('This is no HTTP request.');
}
