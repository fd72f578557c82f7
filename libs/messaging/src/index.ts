export { Broker } from './broker.js';
export * from './messaging.module.js';
export * from './messaging.config.js';
