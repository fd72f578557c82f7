import { jest } from '@jest/globals';
import { FastPath } from './delivery.js';

describe('the fast path of a delivery queue', () => {
  const succeeds = () => Promise.resolve();

  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('is open once a handler has been fast', async () => {
    const path = new FastPath();
    expect(path.isOpen).toBe(false);
    await path.measure(succeeds);
    expect(path.isOpen).toBe(true);
  });

  it('is closed while a handler takes too long, and after it, until another one is fast', async () => {
    const path = new FastPath();
    await path.measure(succeeds);
    const { promise, resolve } = Promise.withResolvers<void>();
    const slow = path.measure(() => promise);
    expect(path.isOpen).toBe(true);
    jest.advanceTimersByTime(100);
    expect(path.isOpen).toBe(false);
    await path.measure(succeeds);
    expect(path.isOpen).toBe(false);
    resolve();
    await slow;
    expect(path.isOpen).toBe(false);
    await path.measure(succeeds);
    expect(path.isOpen).toBe(true);
  });

  it('is closed after a handler that failed, whose error it passes on', async () => {
    const path = new FastPath();
    await path.measure(succeeds);
    await expect(path.measure(() => Promise.reject(new Error('gone')))).rejects.toThrow('gone');
    expect(path.isOpen).toBe(false);
  });
});
