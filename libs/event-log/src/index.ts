export * from './event-log.config.js';
export * from './event-log.module.js';
export { EventLog } from './event-log.store.js';
export { eventTypes } from './event.dto.js';
export { type StreamMessage, streamMessageOf } from './stream/stream-message.js';
export { StreamPublisher } from './stream/stream-publisher.js';
