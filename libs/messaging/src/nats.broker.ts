import { Batcher, type TraceContext, withTimeout } from '#platform';
import {
  DiscardPolicy,
  JetStreamApiError,
  type JetStreamClient,
  jetstream,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
} from '@nats-io/jetstream';
import { headers, type MsgHdrs, nanos, type NatsConnection } from '@nats-io/transport-node';
import { Logger } from '@nestjs/common';
import { Broker, originNow, type OutgoingEvent } from './broker.js';
import { closeNats, connectNats } from './nats.server.js';

const timeoutMs = 2000;
const largestBatch = 200;
const keptMs = 24 * 3600 * 1000;
const deduplicatedMs = 5 * 60 * 1000;

/** JetStream's codes for a stream of that name, or of those subjects, with other settings. */
const streamExists = [10058, 10065];

/** Where events come from, for CloudEvents: with it their ids are unique in the world. */
const source = 'urn:goalpost';

/** An event as NATS gets it. */
interface NatsMessage {
  subject: string;
  payload: string;
  head: MsgHdrs;
}

/** The name of the stream of events, and the patterns of the events in it. */
export interface StreamOptions {
  name: string;
  patterns: string[];
}

/** Publishes through JetStream, which stores each event once by its id; if the server has no JetStream, to whoever listens. */
export class NatsBroker extends Broker {
  private readonly logger = new Logger('NATS');
  private readonly stopped = new AbortController();
  private connection?: Promise<NatsConnection | undefined>;
  private stream?: Promise<JetStreamClient | undefined>;
  private hasWarned = false;
  private readonly unstored = new Batcher<NatsMessage[]>((batch) => this.publishUnstored(batch), {
    size: largestBatch,
  });

  constructor(
    private readonly address: string,
    private readonly streamOptions: StreamOptions,
  ) {
    super();
  }

  override open(): void {
    this.connection ??= this.connect();
  }

  override async close(): Promise<void> {
    this.stopped.abort();
    const connection = await this.connection;
    if (connection) await closeNats(connection);
  }

  async send(events: OutgoingEvent[]): Promise<void> {
    const origin = originNow();
    const messages = events.map((event) => messageOf(event, origin));
    const connection = await this.connected();
    try {
      const stream = await (this.stream ??= this.openStream(connection));
      if (!stream) return await this.unstored.add(messages);
      await Promise.all(
        messages.map(({ subject, payload, head }) =>
          stream.publish(subject, payload, { headers: head, timeout: timeoutMs }),
        ),
      );
    } catch (error) {
      // The stream may be gone; the next call looks for it again.
      this.stream = undefined;
      throw error;
    }
  }

  /** Without JetStream no single event is confirmed: one answer of the server confirms all that was written before it. */
  private async publishUnstored(batch: NatsMessage[][]) {
    const connection = await this.connected();
    for (const { subject, payload, head } of batch.flat())
      connection.publish(subject, payload, { headers: head });
    await withTimeout(timeoutMs, connection.flush(), 'NATS did not confirm');
    return batch.map(() => ({ value: undefined }));
  }

  private async connected(): Promise<NatsConnection> {
    this.open();
    const connection = await withTimeout(timeoutMs, this.connection!, 'NATS is out of reach');
    if (!connection) throw new Error('the process is stopping');
    return connection;
  }

  private async connect(): Promise<NatsConnection | undefined> {
    const connection = await connectNats(this.address, this.stopped.signal);
    if (connection) void this.monitor(connection);
    return connection;
  }

  /** A server that comes back may be another one, with JetStream or without. */
  private async monitor(connection: NatsConnection): Promise<void> {
    for await (const { type } of connection.status()) {
      if (type === 'disconnect') this.logger.error('NATS is out of reach: the connection broke');
      if (type !== 'reconnect') continue;
      this.logger.log('NATS is back');
      this.stream = undefined;
    }
  }

  private async openStream(connection: NatsConnection): Promise<JetStreamClient | undefined> {
    const stream = await openStream(connection, this.streamOptions);
    if (!stream && !this.hasWarned)
      this.logger.warn('This server has no JetStream: subscribers that are offline miss events');
    this.hasWarned = !stream;
    return stream;
  }
}

/** The packet that a Nest application takes, with the headers of CloudEvents and of W3C Trace Context. */
function messageOf({ id, pattern, occurredAt, data }: OutgoingEvent, origin: TraceContext): NatsMessage {
  const { request_id, traceparent, tracestate } = origin;
  const named = {
    'Nats-Msg-Id': id,
    'ce-specversion': '1.0',
    'ce-id': id,
    'ce-type': pattern,
    'ce-source': source,
    'ce-time': occurredAt,
    traceparent,
    tracestate,
    'x-request-id': request_id,
  };
  const head = headers();
  for (const [name, value] of Object.entries(named)) if (value !== undefined) head.set(name, value);
  return { subject: pattern, payload: JSON.stringify({ pattern, data }), head };
}

/**
 * Creates the stream of events if it is missing; one that an operator made with other limits stays as it is, but for subjects
 * that it lacks: those that a newer release sends.
 * Returns undefined if the server, or the account, has no JetStream.
 */
async function openStream(
  connection: NatsConnection,
  { name, patterns }: StreamOptions,
): Promise<JetStreamClient | undefined> {
  try {
    const manager = await jetstreamManager(connection, { timeout: timeoutMs });
    await manager.streams.add({
      name,
      subjects: patterns,
      retention: RetentionPolicy.Limits,
      storage: StorageType.File,
      discard: DiscardPolicy.Old,
      max_age: nanos(keptMs),
      duplicate_window: nanos(deduplicatedMs),
    });
  } catch (error) {
    // The library does not export the class of this error.
    if ((error as Error).name === 'JetStreamNotEnabled') return undefined;
    if (!(error instanceof JetStreamApiError && streamExists.includes(error.code))) throw error;
    await addSubjects(connection, name, patterns);
  }
  return jetstream(connection, { timeout: timeoutMs });
}

async function addSubjects(connection: NatsConnection, name: string, patterns: string[]): Promise<void> {
  const manager = await jetstreamManager(connection, { timeout: timeoutMs });
  const { config } = await manager.streams.info(name);
  const missing = patterns.filter((pattern) => !config.subjects.some((subject) => covers(subject, pattern)));
  if (missing.length > 0)
    await manager.streams.update(name, { ...config, subjects: [...config.subjects, ...missing] });
}

/** Whether a subject of a stream takes all that a pattern of two parts stands for. */
function covers(subject: string, pattern: string): boolean {
  const [kind] = pattern.split('.');
  return [pattern, `${kind}.>`, '*.*', '*.>', '>'].includes(subject);
}
