import { Registry } from 'prom-client';
import type { AppConfig } from '../config/config.js';
import { JobWorkers } from './job-workers.js';

it('a stop waits for a late delivery, whatever becomes of it, and not for one that is done', async () => {
  const workers = new JobWorkers({} as AppConfig, new Registry());
  let end = () => undefined as void;
  workers.waitFor(Promise.resolve());
  workers.waitFor(new Promise<void>((resolve) => (end = resolve)));
  let stopped = false;
  const stop = workers.beforeApplicationShutdown().then(() => (stopped = true));
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
  expect(stopped).toBe(false);
  end();
  await stop;
});
