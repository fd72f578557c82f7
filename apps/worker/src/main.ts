import 'reflect-metadata';
import { loadAppConfig } from '#operations';
import { runProcess } from '#platform';
import { bootWorker } from './worker.module.js';

/** Beside an api on one machine, so its default port is the next one. */
await runProcess('worker', loadAppConfig, bootWorker, { ...process.env, PORT: process.env.PORT || '3001' });
