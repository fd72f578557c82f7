const outageNames = new Set([
  'MongoServerSelectionError',
  'MongoNetworkError',
  'MongoNetworkTimeoutError',
  'MongoNotConnectedError',
  'MongoPoolClearedError',
  'MongoTopologyClosedError',
  'MongoOperationTimeoutError',
  'MaxRetriesPerRequestError',
]);

const outageMessages = ['Command timed out', 'Connection is closed', "Stream isn't writeable"];

/** Whether an error means that MongoDB or Redis is out of reach, so that a retry may succeed. */
export function isOutage(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (outageNames.has(error.name)) return true;
  return outageMessages.some((message) => error.message.startsWith(message));
}
