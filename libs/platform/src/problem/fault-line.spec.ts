import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { faultLine, OperatorError } from './fault-line.js';

describe('faultLine', () => {
  it('is one line without a stack', () => {
    expect(faultLine(new TypeError('this is\n  not that'))).toBe('this is not that');
    expect(faultLine('gone')).toBe('gone');
  });

  it('takes the first reason of several attempts', () => {
    expect(faultLine(new AggregateError([new Error('connect ECONNREFUSED ::1:1')]))).toBe(
      'connect ECONNREFUSED ::1:1',
    );
  });

  it('leaves secrets out, those that it is told and those that it finds', () => {
    const error = new OperatorError('redis://:hunter22@a:1 does not take a-long-secret');
    expect(faultLine(error, ['a-long-secret'])).toBe('redis://[redacted]@a:1 does not take [redacted]');
  });

  it('says what to do about a port that is taken', async () => {
    const first = createServer().listen(0, '127.0.0.1');
    await once(first, 'listening');
    const { port } = first.address() as AddressInfo;
    const [error] = (await once(createServer().listen(port, '127.0.0.1'), 'error')) as [Error];
    first.close();
    expect(faultLine(error)).toBe(`port ${port} of 127.0.0.1 is taken; set PORT to a free one`);
  });

  it('says what to do about an address of another machine', async () => {
    const [error] = (await once(createServer().listen(0, '192.0.2.1'), 'error')) as [Error];
    expect(faultLine(error)).toContain('192.0.2.1 is no address of this machine; set HOST');
  });
});
