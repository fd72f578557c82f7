export { ChannelCache } from './channel-cache.js';
export { FeedStore } from './feed/feed.store.js';
export * from './goal-added/authorize.queue.js';
export { GoalAddedEvent } from './goal-added/goal-added.handler.js';
export * from './livestream.module.js';
export * from './revoke/revoke.queue.js';
