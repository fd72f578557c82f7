import {
  BadRequestException,
  ConflictException,
  HttpException,
  NotFoundException,
  PayloadTooLargeException,
} from '@nestjs/common';
import { forbidden, unavailable } from './problem.js';
import { toProblem } from './problem.filter.js';

const outage = (name: string, message = 'x') => Object.assign(new Error(message), { name });
const kindOf = (error: unknown) => {
  const { status, code } = toProblem(error).kind;
  return `${status} ${code}`;
};

describe('toProblem', () => {
  it('lets a problem be', () => {
    const problem = forbidden('not you');
    expect(toProblem(problem)).toBe(problem);
  });

  it.each([
    [new BadRequestException(), '400 malformed_request'],
    [new NotFoundException(), '404 not_found'],
    [new PayloadTooLargeException(), '413 payload_too_large'],
    [new HttpException('x', 401), '401 unauthorized'],
    [new HttpException('x', 403), '403 forbidden'],
    [new HttpException('x', 405), '405 method_not_allowed'],
    [new HttpException('x', 415), '415 unsupported_media_type'],
    [new HttpException('x', 422), '422 validation_failed'],
    [new HttpException('x', 503), '503 unavailable'],
  ])('gives an exception of the framework the code of its status: %s', (exception, kind) => {
    expect(kindOf(exception)).toBe(kind);
    expect(toProblem(exception).message).toBe(exception.message);
  });

  it.each([
    outage('MongoServerSelectionError'),
    outage('MongoNetworkError'),
    outage('MongoNetworkTimeoutError'),
    outage('MongoPoolClearedError'),
    outage('MaxRetriesPerRequestError'),
    outage('Error', 'Command timed out'),
    outage('Error', 'Connection is closed.'),
    outage('Error', "Stream isn't writeable and enableOfflineQueue options is false"),
  ])('takes a store out of reach for what may pass: %s', (error) => {
    const problem = toProblem(error);
    expect(kindOf(error)).toBe('503 unavailable');
    expect(problem.headers).toEqual({ 'retry-after': '1' });
    expect(problem.message).not.toContain(error.message);
  });

  it.each([
    ['an error', new Error('password=hunter2')],
    ['an error of the data', outage('MongoServerError', 'E11000 duplicate key')],
    ['an exception of a status that has no code', new ConflictException('password=hunter2')],
    ['a text', 'password=hunter2'],
    ['nothing', undefined],
  ])('tells nothing of %s that nobody foresaw', (_, error) => {
    expect(kindOf(error)).toBe('500 internal_error');
    expect(toProblem(error).message).toBe('The request failed for a reason that was logged.');
  });
});

describe('the body of a problem', () => {
  it('has the members of RFC 9457, its code and its extensions', () => {
    const problem = unavailable('down', { thing_id: 'g', errors: [{ pointer: '/a', detail: 'b' }] });
    expect(problem.toBody('/goals')).toEqual({
      type: 'urn:goalpost:problem:unavailable',
      title: 'A part of the service is down',
      status: 503,
      detail: 'down',
      instance: '/goals',
      code: 'unavailable',
      thing_id: 'g',
      errors: [{ pointer: '/a', detail: 'b' }],
    });
  });
});
