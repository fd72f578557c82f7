import type { ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { kindOfRequest, kindOfContext, OfKind } from './concurrency-limit.js';

/** A handler as a controller has it. */
const decorated = (...decorators: MethodDecorator[]) => {
  const value = () => undefined;
  for (const decorate of decorators) decorate({}, 'handle', { value });
  return value;
};
const [plain, pay, look] = [decorated(), decorated(OfKind('payment')), decorated(OfKind('read'))];

const request = (method: string, requestKind?: string) =>
  ({ method, routeOptions: { config: requestKind ? { requestKind } : {} } }) as unknown as FastifyRequest;

const contextOf = (type: string, handle: () => void, of = request('POST')) =>
  ({
    getType: () => type,
    getHandler: () => handle,
    switchToHttp: () => ({ getRequest: () => of }),
  }) as unknown as ExecutionContext;

describe('the kind of a request', () => {
  it.each([
    ['GET', 'read'],
    ['HEAD', 'read'],
    ['POST', 'change'],
    ['DELETE', 'change'],
    ['PATCH', 'change'],
  ])('by %s is %s where its route says nothing', (method, kind) => {
    expect(kindOfRequest(request(method))).toBe(kind);
  });

  it('is what its route says', () => {
    expect(kindOfRequest(request('POST', 'payment'))).toBe('payment');
    expect(kindOfContext(contextOf('http', plain, request('POST', 'read')))).toBe('read');
    expect(kindOfContext(contextOf('http', pay, request('GET')))).toBe('read');
  });

  it('is what its handler says where it is a message', () => {
    expect([plain, pay, look].map((handle) => kindOfContext(contextOf('rpc', handle)))).toEqual([
      'change',
      'payment',
      'read',
    ]);
  });

  it('goes with the route', () => {
    const configs = [plain, pay].map(
      (handler) => Reflect.getMetadata('__fastify_route_config__', handler) as unknown,
    );
    expect(configs).toEqual([undefined, { requestKind: 'payment' }]);
  });
});
