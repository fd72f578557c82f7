import type { FastifyReply } from 'fastify';
import { type Problem, problemKind } from '../problem/problem.js';
import type { KeptAnswer } from './idempotency-store.js';

/** A success, to be given again. */
export function keptOf(body: unknown, reply: FastifyReply | undefined): KeptAnswer {
  return { status: reply?.statusCode ?? 200, location: reply?.getHeader('location')?.toString(), body };
}

interface KeptRefusal {
  code: string;
  title: string;
  detail: string;
  extensions: Problem['extensions'];
}

/** A refusal, to be given again. */
export function refusalOf({ kind, message, extensions }: Problem): KeptAnswer {
  const body: KeptRefusal = { code: kind.code, title: kind.title, detail: message, extensions };
  return { status: kind.status, body };
}

/** Answers as before; a refusal is thrown as before. */
export function giveAgain({ status, location, body }: KeptAnswer, reply: FastifyReply | undefined): unknown {
  void reply?.header('idempotency-replayed', 'true');
  if (status >= 400) {
    const { code, title, detail, extensions } = body as KeptRefusal;
    throw problemKind(status, code, title)(detail, extensions);
  }
  void reply?.status(status);
  if (location) void reply?.header('location', location);
  return body;
}
