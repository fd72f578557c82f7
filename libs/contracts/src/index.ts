export * from './access.js';
export * from './client.js';
export * from './events.js';
export * from './goal.js';
export * from './session.js';
export * from './stream.js';
export * from './values.js';
export * from './wire.js';
