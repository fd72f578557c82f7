/** What `import { jest } from '@jest/globals'` gives a file that runs in plain Node. */
import { ModernFakeTimers } from '@jest/fake-timers';
import { ModuleMocker } from 'jest-mock';

export const mocker = new ModuleMocker(globalThis);
// Node itself runs on these two.
const untouched = ['nextTick', 'queueMicrotask'];
const timers = new ModernFakeTimers({ global: globalThis, config: { fakeTimers: { doNotFake: untouched } } });

export const jest = {
  fn: mocker.fn.bind(mocker),
  spyOn: mocker.spyOn.bind(mocker),
  restoreAllMocks: () => mocker.restoreAllMocks(),
  useFakeTimers: (options) => timers.useFakeTimers(options),
  useRealTimers: () => timers.useRealTimers(),
  setSystemTime: (now) => timers.setSystemTime(now),
  getTimerCount: () => timers.getTimerCount(),
  advanceTimersByTime: (ms) => timers.advanceTimersByTime(ms),
  advanceTimersByTimeAsync: (ms) => timers.advanceTimersByTimeAsync(ms),
};
