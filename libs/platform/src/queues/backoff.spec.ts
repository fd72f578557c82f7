import { backoff, backoffStrategy, PermanentError, UnknownJobError } from './job-state.js';

describe('backoff', () => {
  it('doubles with each failed try', () => {
    expect([1, 2, 3, 4].map((tries) => backoff(tries, 250, 1))).toEqual([250, 500, 1000, 2000]);
  });

  it('is half chance', () => {
    expect([0, 0.5, 1].map((chance) => backoff(3, 100, chance))).toEqual([200, 300, 400]);
  });

  it('never waits more than a minute, however often it failed', () => {
    expect(backoff(9, 250, 1)).toBe(60_000);
    expect(backoff(5000, 250, 1)).toBe(60_000);
  });

  it('always waits a whole millisecond at least', () => {
    expect(backoff(1, 1, 0)).toBe(1);
    expect(Number.isInteger(backoff(2, 333, 0.123))).toBe(true);
  });

  it('spreads a crowd that failed together', () => {
    const waits = Array.from({ length: 200 }, () => backoff(8, 250));
    expect(new Set(waits).size).toBeGreaterThan(100);
    for (const wait of waits) {
      expect(wait).toBeGreaterThanOrEqual(16_000);
      expect(wait).toBeLessThanOrEqual(32_000);
    }
  });
});

describe('an error that says whether to try again', () => {
  it('has a name of its own, and the one of another release no stack', () => {
    const errors = [new PermanentError('no'), new UnknownJobError('new')];
    expect(errors.map(({ name, message }) => [name, message])).toEqual([
      ['PermanentError', 'no'],
      ['UnknownJobError', 'new'],
    ]);
    expect(errors.map(({ stack }) => stack === '')).toEqual([false, true]);
  });
});

describe('backoffStrategy', () => {
  const wait = backoffStrategy(100);

  it('waits after a failure that may pass', () => {
    expect(wait(1, new Error('down'))).toBeGreaterThanOrEqual(50);
    expect(wait(1, new Error('down'))).toBeLessThanOrEqual(100);
    expect(wait(4, new Error('down'))).toBeGreaterThanOrEqual(400);
  });

  it('gives up after one that cannot, as Bull is told by -1', () => {
    class Refused extends PermanentError {}
    expect(wait(1, new PermanentError('no'))).toBe(-1);
    expect(wait(1, new Refused('no'))).toBe(-1);
  });

  it('waits for another process as long at any try, up to a minute', () => {
    for (const tries of [1, 5, 100]) {
      const waited = backoffStrategy(250)(tries, new UnknownJobError('of another release'));
      expect(waited).toBeGreaterThanOrEqual(30_000);
      expect(waited).toBeLessThanOrEqual(60_000);
    }
  });
});
