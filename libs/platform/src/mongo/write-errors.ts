import { mongo } from 'mongoose';

/** The code with which the server refuses a second document of a unique key. */
export const duplicateKey = 11000;

/** Whether a write was refused because a unique key is there already. */
export function isDuplicateKey(error: unknown): boolean {
  return error instanceof mongo.MongoServerError && error.code === duplicateKey;
}

/**
 * The errors of single items of an unordered bulk write. Any other failure is thrown as it is: the driver wraps a broken
 * connection, too, into a MongoBulkWriteError, one without errors of items, and then nothing is known to be written.
 */
export function writeErrorsOf(error: unknown): mongo.WriteError[] {
  if (!(error instanceof mongo.MongoBulkWriteError) || error.result.getWriteConcernError()) throw error;
  const writeErrors = [error.writeErrors].flat();
  if (writeErrors.length === 0) throw error;
  return writeErrors;
}
