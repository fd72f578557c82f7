export * from './goals.module.js';
export * from './routes.js';
