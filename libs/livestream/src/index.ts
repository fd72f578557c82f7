export { ChannelCache } from './channel-cache.js';
export { FeedStore } from './feed/feed.store.js';
export * from './goal-added/authorize.queue.js';
export * from './goal-added/goal-added.event.js';
export * from './livestream.module.js';
