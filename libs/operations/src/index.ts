export * from './run-operation.js';
