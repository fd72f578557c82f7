export { HostResolver } from './target-guard.js';
export { WebhookDispatcher } from './webhook-dispatcher.js';
export * from './webhooks.config.js';
export * from './webhooks.module.js';
