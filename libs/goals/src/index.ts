export * from './goals.module.js';
export * from './event-routes.js';
export { type Finding, Reconciler } from './reconcile/reconciler.js';
export { goalQueues } from './goal-storage.module.js';
export * from './goals.config.js';
export { RehearseApiModule } from './rehearse.module.js';
export { assertMayManage } from './create-goal/session-guard.js';
export { LeaderboardKeys, memberOf } from './leaderboard/leaderboard.scripts.js';
