export * from './overlay.config.js';
export * from './overlay.module.js';
