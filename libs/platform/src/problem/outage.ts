/** A store did not answer within the time that its caller can wait. */
export class OutageError extends Error {
  override name = 'OutageError';
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

/** First words of the errors by which a Redis says that it takes no commands, or no writes, for now. */
const redisRefusals =
  /^(?:\w+ )?(?:LOADING|OOM|MISCONF|NOREPLICAS|READONLY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|BUSY) /;

/** Codes by which a mongod says that it is no primary just now, is about to stop, or has no room left. */
const mongoRefusals = new Set([91, 189, 10058, 10107, 11600, 11602, 13435, 13436, 14031]);

const brokenSockets = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT']);

/** Whether an error means that MongoDB or Redis is out of reach or takes no work, so that a retry may succeed. */
export function isOutage(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (outageNames.has(error.name)) return true;
  if (outageMessages.some((message) => error.message.startsWith(message))) return true;
  const { code } = error as { code?: unknown };
  if (error.name === 'MongoServerError') return mongoRefusals.has(code as number);
  return redisRefusals.test(error.message) || brokenSockets.has(code as string);
}
