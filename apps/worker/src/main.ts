import 'reflect-metadata';
import { loadWorkerConfig } from '#operations';
import { runProcess } from '#platform';
import { bootWorker } from './worker.module.js';

/** Beside an api on one machine, so its default port is the next one. */
await runProcess('worker', loadWorkerConfig, bootWorker, {
  ...process.env,
  PORT: process.env.PORT || '3001',
});
