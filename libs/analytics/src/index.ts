export * from './analytics.module.js';
export type { AnalyticsEvent } from './analytics-event.store.js';
export { TrackQueue } from './track.processor.js';
export * from './analytics.config.js';
