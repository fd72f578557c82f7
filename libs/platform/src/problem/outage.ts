import { OperatorError } from './fault-line.js';

/** A store did not answer within the time that its caller can wait. */
export class OutageError extends Error {
  override name = 'OutageError';
}

/** What the promise resolves to; throws an OutageError if that takes longer. What it stands for may still take effect. */
export function withTimeout<Value>(ms: number, promise: Promise<Value>, complaint: string): Promise<Value> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new OutageError(`${complaint} within ${ms} ms`)), ms);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

const outageNames = new Set([
  'OutageError',
  'MongoServerSelectionError',
  'MongoNetworkError',
  'MongoNetworkTimeoutError',
  'MongoNotConnectedError',
  'MongoPoolClearedError',
  'MongoPoolClearedOnNetworkError',
  'MongoTopologyClosedError',
  'MongoOperationTimeoutError',
  'MongoWaitQueueTimeoutError',
  'MaxRetriesPerRequestError',
]);

const outageMessages = [
  'Command timed out',
  'Connection is closed',
  "Stream isn't writeable",
  'Too many Cluster redirections',
  'Failed to refresh slots cache',
  'None of startup nodes is available',
];

/** How errors begin by which Redis refuses commands or writes for now. */
const redisRefusals =
  /^(?:\w+ )?(?:LOADING|OOM|MISCONF|NOREPLICAS|READONLY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|BUSY) /;

/** Errors that a mongod answers with: to a command, to a bulk write, and to a write that no majority has yet. */
const mongoServerErrors = new Set(['MongoServerError', 'MongoBulkWriteError', 'MongoWriteConcernError']);

/** Error codes of a mongod that is not primary, is about to stop, or has no space left. */
const mongoRefusals = new Set([91, 189, 10058, 10107, 11600, 11602, 13435, 13436, 14031]);

const brokenSockets = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT']);

/** Whether an error means that MongoDB or Redis cannot be reached or takes no work, so that a retry may succeed. */
export function isOutage(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  // The driver wraps what a bulk write failed with.
  const { errorResponse } = error as { errorResponse?: unknown };
  if (error.name === 'MongoBulkWriteError' && errorResponse instanceof Error) return isOutage(errorResponse);
  if (outageNames.has(error.name)) return true;
  if (outageMessages.some((message) => error.message.startsWith(message))) return true;
  const { code } = error as { code?: unknown };
  if (mongoServerErrors.has(error.name)) return mongoRefusals.has(code as number);
  return redisRefusals.test(error.message) || brokenSockets.has(code as string);
}

/** A store answers, but goalpost cannot work with it. The message is one line: what is wrong, where, and what to do. */
export class IncompatibleStoreError extends OperatorError {
  override name = 'IncompatibleStoreError';
}
