import { jest } from '@jest/globals';
import { Broker } from './broker.js';

class SteeredBroker extends Broker {
  outcome: Promise<void> = Promise.resolve();

  protected publish(): Promise<void> {
    return this.outcome;
  }
}

describe('a broker', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('is prompt once it has taken an event at once', async () => {
    const broker = new SteeredBroker();
    expect(broker.isPrompt).toBe(false);
    await broker.send([]);
    expect(broker.isPrompt).toBe(true);
  });

  it('is not while one takes too long, nor after it, until another one is quick', async () => {
    const broker = new SteeredBroker();
    await broker.send([]);
    const { promise, resolve } = Promise.withResolvers<void>();
    broker.outcome = promise;
    const slow = broker.send([]);
    expect(broker.isPrompt).toBe(true);
    jest.advanceTimersByTime(100);
    expect(broker.isPrompt).toBe(false);
    resolve();
    await slow;
    expect(broker.isPrompt).toBe(false);
    await broker.send([]);
    expect(broker.isPrompt).toBe(true);
  });

  it('is not after one that it did not take, and says so', async () => {
    const broker = new SteeredBroker();
    await broker.send([]);
    broker.outcome = Promise.reject(new Error('gone'));
    await expect(broker.send([])).rejects.toThrow('gone');
    expect(broker.isPrompt).toBe(false);
  });
});
