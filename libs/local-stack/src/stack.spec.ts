import type { Child } from './processes/child.js';
import { Stack, STOP_REQUESTED } from './stack.js';

function fakeChild(name: string, stopped: string[] = []): Child & { die: (how: string) => void } {
  const { promise: ended, resolve: die } = Promise.withResolvers<string>();
  const stop = async () => {
    stopped.push(name);
    die('exited with code 0');
  };
  return { name, pid: 1, ended, stop, die };
}

describe('Stack', () => {
  it('stops what accepts work before what holds the data', async () => {
    const stopped: string[] = [];
    const stack = new Stack();
    const names = ['mongod', 'redis', 'pusher', 'worker', 'api'];
    await stack.startTogether(...names.map(async (name) => fakeChild(name, stopped)));
    stack.halt(STOP_REQUESTED);
    await stack.stop();
    expect(stopped).toEqual(['api', 'worker', 'pusher', 'redis', 'mongod']);
  });

  it('halts when one child ends', async () => {
    const stack = new Stack();
    const worker = fakeChild('worker');
    await stack.startTogether(Promise.resolve(worker));
    worker.die('was killed by SIGKILL');
    await stack.untilHalted();
    expect(String(stack.halted.reason)).toContain('the worker was killed by SIGKILL');
  });

  it('halts the other starts when one fails, and stops those that were ready', async () => {
    const stopped: string[] = [];
    const stack = new Stack();
    const starts = [Promise.resolve(fakeChild('redis', stopped)), Promise.reject(new Error('no mongod'))];
    await expect(stack.startTogether(...starts)).rejects.toThrow('no mongod');
    await stack.stop();
    expect(stopped).toEqual(['redis']);
  });

  it('keeps the first reason', () => {
    const stack = new Stack();
    stack.halt(STOP_REQUESTED);
    stack.halt(new Error('a child ended while it was stopped'));
    expect(stack.halted.reason).toBe(STOP_REQUESTED);
  });
});
