import type { JetStreamClient } from '@nats-io/jetstream';
import { headers, type NatsConnection } from '@nats-io/transport-node';
import { Logger } from '@nestjs/common';
import { Batcher } from '../../batching/batcher.js';
import { connectNats, leaveNats } from '../nats-connection.js';
import { Broker, nestPacket, type OutgoingEvent } from './broker.js';
import { openStream, type StreamName } from './event-stream.js';
import { within } from '../../patience/within.js';

const takenWithinMs = 2000;
const largestBatch = 200;

/** Publishes through JetStream, which keeps each event once by its id; where the server has none, to whoever listens. */
export class NatsBroker extends Broker {
  private readonly logger = new Logger('NATS');
  private readonly stopped = new AbortController();
  private connection?: Promise<NatsConnection | undefined>;
  private stream?: Promise<JetStreamClient | undefined>;
  private isToldOfCore = false;
  private readonly unkept = new Batcher<OutgoingEvent[]>((batch) => this.publishUnkept(batch), {
    size: largestBatch,
  });

  constructor(
    private readonly address: string,
    private readonly streamName: StreamName,
  ) {
    super();
  }

  override open(): void {
    this.connection ??= this.connect();
  }

  override async close(): Promise<void> {
    this.stopped.abort();
    const connection = await this.connection;
    if (connection) await leaveNats(connection);
  }

  protected async publish(events: OutgoingEvent[]): Promise<void> {
    const connection = await this.connected();
    try {
      const stream = await (this.stream ??= this.openStream(connection));
      if (!stream) return await this.unkept.add(events);
      await Promise.all(
        events.map((event) =>
          stream.publish(event.pattern, nestPacket(event), { msgID: event.id, timeout: takenWithinMs }),
        ),
      );
    } catch (error) {
      // The stream may be gone; the next try looks for it anew.
      this.stream = undefined;
      throw error;
    }
  }

  /** Without JetStream nobody confirms a single event: one answer of the server confirms all that was written before it. */
  private async publishUnkept(batch: OutgoingEvent[][]) {
    const connection = await this.connected();
    for (const event of batch.flat()) {
      const named = headers();
      named.set('Nats-Msg-Id', event.id);
      connection.publish(event.pattern, nestPacket(event), { headers: named });
    }
    await within(takenWithinMs, connection.flush(), 'NATS did not confirm');
    return batch.map(() => ({ value: undefined }));
  }

  private async connected(): Promise<NatsConnection> {
    this.open();
    const connection = await within(takenWithinMs, this.connection!, 'NATS is out of reach');
    if (!connection) throw new Error('the process is stopping');
    return connection;
  }

  private async connect(): Promise<NatsConnection | undefined> {
    const connection = await connectNats(this.address, this.stopped.signal);
    if (connection) void this.watch(connection);
    return connection;
  }

  /** A server that comes back may be another one, with JetStream or without. */
  private async watch(connection: NatsConnection): Promise<void> {
    for await (const { type } of connection.status()) {
      if (type === 'disconnect') this.logger.error('NATS is out of reach: the connection broke');
      if (type !== 'reconnect') continue;
      this.logger.log('NATS is back');
      this.stream = undefined;
    }
  }

  private async openStream(connection: NatsConnection): Promise<JetStreamClient | undefined> {
    const stream = await openStream(connection, this.streamName);
    if (!stream && !this.isToldOfCore)
      this.logger.warn(
        'This server has no JetStream: who is not there when an event is sent will not get it',
      );
    this.isToldOfCore = !stream;
    return stream;
  }
}
