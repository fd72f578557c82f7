import { OutageError } from '../problem/outage.js';

/** What the promise resolves to; throws an OutageError where that takes longer. What it stands for may still take effect. */
export function within<Value>(ms: number, promise: Promise<Value>, complaint: string): Promise<Value> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new OutageError(`${complaint} within ${ms} ms`)), ms);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
