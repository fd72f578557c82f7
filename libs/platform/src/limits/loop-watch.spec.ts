import { jest } from '@jest/globals';
import { LoopWatch } from './loop-watch.js';

describe('the watch of the event loop', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('says by how much the timers are late', async () => {
    const watch = new LoopWatch();
    await jest.advanceTimersByTimeAsync(50);
    expect(watch.lateMs).toBe(-50);
    await jest.advanceTimersByTimeAsync(49);
    expect(watch.lateMs).toBe(-1);
    await jest.advanceTimersByTimeAsync(1);
    expect(watch.lateMs).toBe(-50);
    jest.setSystemTime(Date.now() + 700);
    const begin = performance.now();
    jest.spyOn(performance, 'now').mockReturnValue(begin + 700);
    expect(watch.lateMs).toBe(650);
    jest.restoreAllMocks();
  });

  it('stops with the process', () => {
    const watch = new LoopWatch();
    expect(jest.getTimerCount()).toBe(1);
    watch.onApplicationShutdown();
    expect(jest.getTimerCount()).toBe(0);
  });
});
