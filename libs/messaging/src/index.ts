export { Broker } from './broker.js';
export * from './messaging.module.js';
