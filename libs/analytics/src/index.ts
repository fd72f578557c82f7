export * from './analytics.module.js';
export * from './track-queue.js';
