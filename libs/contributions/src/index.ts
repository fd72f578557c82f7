export * from './contribution.js';
export * from './contribution.store.js';
export * from './contributions.module.js';
