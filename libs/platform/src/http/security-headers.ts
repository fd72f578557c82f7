import helmet from '@fastify/helmet';
import type { FastifyInstance, FastifyReply } from 'fastify';

/** An answer that is no page has nothing for a browser to load, and no place in another page. */
const forAnswers = { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } };

/** The least of them, for what is refused before any hook runs. */
export const leastHeaders = {
  'content-security-policy': "default-src 'none';frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
};

/** Adds security headers to every answer. A page says what it loads itself, by a content-security-policy of its own. */
export async function sendSecurityHeaders(http: FastifyInstance): Promise<void> {
  await http.register(helmet, { contentSecurityPolicy: forAnswers, xFrameOptions: { action: 'deny' } });
}

/** The policy of a page that has its scripts and pictures from here, and styles within itself. */
export const pagePolicy =
  "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; base-uri 'self'; form-action 'self'; " +
  "frame-ancestors 'none'; object-src 'none'";

/** Lets an answer be such a page. */
export function allowPage(reply: FastifyReply): void {
  void reply.header('content-security-policy', pagePolicy);
}
