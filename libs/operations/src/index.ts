export * from './board/queue-board.js';
export * from './operations.modules.js';
export * from './cli.js';
