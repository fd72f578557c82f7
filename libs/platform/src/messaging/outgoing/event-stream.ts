import {
  DiscardPolicy,
  JetStreamApiError,
  type JetStreamClient,
  jetstream,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
} from '@nats-io/jetstream';
import { nanos, type NatsConnection } from '@nats-io/transport-node';

const answerWithinMs = 2000;
const keptMs = 24 * 3600 * 1000;
const recognisedMs = 5 * 60 * 1000;

/** JetStream's codes for a stream of that name, or of those subjects, that is set up in another way. */
const streamsThatAreThere = [10058, 10065];

/** What the stream of events is called, and the patterns of the events in it. */
export interface StreamName {
  name: string;
  patterns: string[];
}

/**
 * The stream of events, made where it is not there yet; one that an operator has made with other limits stays as it is.
 * Returns undefined where the server, or the account, has no JetStream.
 */
export async function openStream(
  connection: NatsConnection,
  { name, patterns }: StreamName,
): Promise<JetStreamClient | undefined> {
  try {
    const manager = await jetstreamManager(connection, { timeout: answerWithinMs });
    await manager.streams.add({
      name,
      subjects: patterns,
      retention: RetentionPolicy.Limits,
      storage: StorageType.File,
      discard: DiscardPolicy.Old,
      max_age: nanos(keptMs),
      duplicate_window: nanos(recognisedMs),
    });
  } catch (error) {
    // The library does not export the class of this one.
    if ((error as Error).name === 'JetStreamNotEnabled') return undefined;
    if (!(error instanceof JetStreamApiError && streamsThatAreThere.includes(error.code))) throw error;
  }
  return jetstream(connection, { timeout: answerWithinMs });
}
