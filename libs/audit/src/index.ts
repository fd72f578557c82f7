export * from './audit-log.store.js';
export * from './audit.module.js';
export type { Actor } from './audit.schema.js';
