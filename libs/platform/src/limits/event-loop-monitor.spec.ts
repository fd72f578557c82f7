import { jest } from '@jest/globals';
import { EventLoopMonitor } from './concurrency-limit.js';

describe('the event loop monitor', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('says by how much the timers are late', async () => {
    const monitor = new EventLoopMonitor();
    await jest.advanceTimersByTimeAsync(50);
    expect(monitor.lagMs).toBe(-50);
    await jest.advanceTimersByTimeAsync(49);
    expect(monitor.lagMs).toBe(-1);
    await jest.advanceTimersByTimeAsync(1);
    expect(monitor.lagMs).toBe(-50);
    jest.setSystemTime(Date.now() + 700);
    const begin = performance.now();
    jest.spyOn(performance, 'now').mockReturnValue(begin + 700);
    expect(monitor.lagMs).toBe(650);
    jest.restoreAllMocks();
  });

  it('stops with the process', () => {
    const monitor = new EventLoopMonitor();
    expect(jest.getTimerCount()).toBe(1);
    monitor.onApplicationShutdown();
    expect(jest.getTimerCount()).toBe(0);
  });
});
