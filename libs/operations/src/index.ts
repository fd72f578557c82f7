export * from './board/queue-board.js';
export * from './operations-api.module.js';
export * from './run-operation.js';
