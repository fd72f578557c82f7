export * from './goals.module.js';
export * from './routes.js';
export { type Finding, Reconciler } from './reconcile/reconciler.js';
export { goalQueues } from './goal-storage.module.js';
