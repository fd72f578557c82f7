import 'reflect-metadata';
import { runProcess } from '#platform';
import { bootWorker } from './worker.module.js';

/** Beside an api on one machine, so its default port is the next one. */
await runProcess('worker', bootWorker, { PORT: '3001', ...process.env });
