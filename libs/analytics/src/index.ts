export * from './analytics.module.js';
export { type AnalyticsEvent, AnalyticsEventStore } from './analytics-event.store.js';
export { TrackQueue } from './track.processor.js';
export * from './analytics.config.js';
