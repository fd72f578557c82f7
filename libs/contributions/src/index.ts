export * from './contribution.store.js';
export * from './contributions.module.js';
