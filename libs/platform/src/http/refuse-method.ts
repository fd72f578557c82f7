import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { methodNotAllowed } from '../problem/http-problems.js';
import { sendProblem } from '../problem/problem.filter.js';

interface Place {
  path: RegExp;
  methods: Set<string>;
}

/** Answers 405 with the methods that a path has, where it has any but that of the request (RFC 9110, section 15.5.6). */
export function refuseMethods(server: FastifyInstance): void {
  const places = new Map<string, Place>();
  server.addHook('onRoute', ({ url, method }) => {
    // What takes any path says nothing of this one.
    if (/^\/?\*$/.test(url)) return;
    const place = places.get(url) ?? { path: patternOf(url), methods: new Set() };
    for (const one of [method].flat()) place.methods.add(one);
    places.set(url, place);
  });
  server.addHook('onRequest', (request: FastifyRequest, reply: FastifyReply, done: () => void) => {
    const allowed = request.is404 ? methodsAt(request.url, places.values()) : [];
    if (allowed.length === 0) return done();
    const allow = allowed.join(', ');
    sendProblem(methodNotAllowed(`The path takes ${allow}.`, {}, { allow }), request, reply);
  });
}

function methodsAt(url: string, places: Iterable<Place>): string[] {
  const path = url.split('?', 1)[0]!;
  const methods = [...places].flatMap((place) => (place.path.test(path) ? [...place.methods] : []));
  return [...new Set(methods)].toSorted();
}

/** The paths that a route stands for. */
function patternOf(url: string): RegExp {
  const escaped = url.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`);
  return new RegExp(`^${escaped.replaceAll(/:\w+/g, '[^/]+').replaceAll('*', '.*')}$`);
}
