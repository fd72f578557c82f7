export { runCli } from './cli.js';
export * from './operations.module.js';
export { queueNames } from './all-queues.js';
export { serveConsole } from './console/console.js';
export { serveQueueBoard } from './queue-board.js';
export * from './config/app-config.js';
