export * from './session.dto.js';
export type { SessionRecord } from './session.schema.js';
export * from './session.store.js';
export * from './sessions.module.js';
export * from './binding.store.js';
