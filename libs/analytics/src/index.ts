export * from './analytics.module.js';
export { type AnalyticsEvent, TrackQueue } from './track.queue.js';
export * from './analytics.config.js';
