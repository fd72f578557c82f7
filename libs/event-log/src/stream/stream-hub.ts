import { AppConfig, connectRedis, RedisKeys, Shutdown, unavailable } from '#platform';
import { type BeforeApplicationShutdown, Injectable, Logger } from '@nestjs/common';
import type { Redis } from 'ioredis';
import { Gauge, Registry } from 'prom-client';
import { EventLog, type LoggedEvent } from '../event-log.store.js';
import type { EventStream, StreamedEvent } from './event-stream.js';
import { type StreamMessage, streamedTypes, streamMessageOf } from './stream-message.js';
import { channelOf, type StreamNotice } from './stream-publisher.js';

const pageSize = 500;
const tickMs = 1_000;

/** How often the log is looked at though nobody says that it has grown: messages of Redis pub/sub can be lost. */
const lookEveryMs = 5_000;

/**
 * All open streams of an api. One reader follows the log for all of them, woken by one subscription in Redis, and reads
 * nothing while no stream is open. It goes on from where it was, so that no stream misses an event of its session.
 */
@Injectable()
export class StreamHub implements BeforeApplicationShutdown {
  private readonly logger = new Logger(StreamHub.name);
  private readonly channel: string;
  private readonly sessions = new Map<string, Set<EventStream>>();
  /** Open streams, and those about to open. */
  private count = 0;
  private started?: Promise<void>;
  private redis?: Redis;
  private timer?: NodeJS.Timeout;
  /** Up to where the log was read. */
  private position = 0;
  private reading?: Promise<void>;
  private mustReadAgain = false;
  private lastLook = 0;
  private hasStopped = false;

  constructor(
    private readonly log: EventLog,
    private readonly config: AppConfig,
    private readonly shutdown: Shutdown,
    keys: RedisKeys,
    registry: Registry,
  ) {
    this.channel = channelOf(keys);
    shutdown.signal.addEventListener('abort', () => this.endAll(), { once: true });
    const gauge: Gauge = new Gauge({
      name: 'goalpost_open_streams',
      help: 'Streams of server-sent events that are open',
      registers: [registry],
      collect: () => gauge.set(this.count),
    });
  }

  /**
   * Begins a stream: it gets the events of its session after a position, then all new ones; without a position new ones
   * alone. Resolves once it has begun.
   */
  async open(stream: EventStream, after?: number): Promise<void> {
    this.count += 1;
    stream.onClosed(() => this.remove(stream));
    await (this.started ??= this.start());
    if (stream.isClosed) return;
    this.assertStays();
    // From here on every event after this position is pushed to the stream.
    const from = this.position;
    stream.begin(this.log.isKept ? (after ?? from) : undefined);
    this.sessions.set(stream.sessionId, (this.sessions.get(stream.sessionId) ?? new Set()).add(stream));
    void this.replay(stream, after ?? from, from).catch((error: unknown) => {
      this.logger.warn(`A stream cannot be resumed: ${String(error)}`);
      stream.end();
    });
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.hasStopped = true;
    this.endAll();
    this.pause();
    this.redis?.disconnect();
    await this.reading;
  }

  /** The clients go to an api that stays. */
  private endAll(): void {
    for (const streams of this.sessions.values()) for (const stream of streams) stream.end();
  }

  private assertStays(): void {
    if (this.hasStopped || this.shutdown.signal.aborted)
      throw unavailable('This process is about to stop.', {}, { 'retry-after': '1' });
  }

  private remove(stream: EventStream): void {
    const streams = this.sessions.get(stream.sessionId);
    streams?.delete(stream);
    if (streams?.size === 0) this.sessions.delete(stream.sessionId);
    this.count -= 1;
    if (this.count === 0) this.pause();
  }

  /** Sends the events after one position up to another one, page by page, and then what has come meanwhile. */
  private async replay(stream: EventStream, after: number, upTo: number): Promise<void> {
    const filter = { session_id: stream.sessionId, type: { $in: streamedTypes } };
    for (let position = after; position < upTo && !stream.isClosed;) {
      const { events, readTo } = await this.log.after(position, pageSize, filter);
      await stream.replay(events.filter(({ seq }) => seq <= upTo).flatMap(streamedEvent));
      position = readTo;
    }
    stream.release();
  }

  private async start(): Promise<void> {
    try {
      this.redis ??= this.subscribe();
      if (this.log.isKept) this.position = await this.log.end();
      this.timer ??= setInterval(() => this.tick(), tickMs);
    } catch (error) {
      this.started = undefined;
      throw error;
    }
  }

  /** The next stream begins at the end of the log. */
  private pause(): void {
    clearInterval(this.timer);
    this.timer = this.started = undefined;
  }

  private subscribe(): Redis {
    const redis = connectRedis(this.config.redis.url, {
      maxRetriesPerRequest: null,
      enableReadyCheck: false,
    });
    redis.on('message', (_: string, text: string) => this.hear(text));
    // It is subscribed again after each reconnect.
    redis.subscribe(this.channel).catch((error: unknown) => this.logger.warn(String(error)));
    return redis;
  }

  private hear(text: string): void {
    if (this.count === 0) return;
    const { messages } = JSON.parse(text) as StreamNotice;
    if (messages) for (const message of messages) this.distribute(message);
    else this.wake();
  }

  private tick(): void {
    const now = performance.now();
    for (const streams of this.sessions.values()) for (const stream of streams) void stream.tick(now);
    if (now - this.lastLook >= lookEveryMs) this.wake();
  }

  /** Reads on; if it is reading already, it reads once more after that. */
  private wake(): void {
    if (!this.log.isKept || this.hasStopped) return;
    if (this.reading) {
      this.mustReadAgain = true;
      return;
    }
    this.lastLook = performance.now();
    this.reading = this.readOn()
      .catch((error: unknown) => this.logger.warn(`The event log cannot be read: ${String(error)}`))
      .finally(() => {
        this.reading = undefined;
        if (!this.mustReadAgain) return;
        this.mustReadAgain = false;
        this.wake();
      });
  }

  private async readOn(): Promise<void> {
    for (let isEnd = false; !isEnd;) {
      const from = this.position;
      const { events, readTo, end } = await this.log.after(from, pageSize);
      // All streams were closed meanwhile, and perhaps others have begun at the end.
      if (this.count === 0 || this.position !== from) return;
      for (const logged of events) this.push(logged);
      this.position = readTo;
      isEnd = readTo >= end;
    }
  }

  private push({ seq, event }: LoggedEvent): void {
    const message = this.sessions.has(event.data.session_id) ? streamMessageOf(event) : undefined;
    if (message) this.distribute(message, seq);
  }

  private distribute({ session_id, type, payload }: StreamMessage, seq?: number): void {
    const streams = this.sessions.get(session_id);
    if (!streams) return;
    // One text for all of them.
    const streamed = { seq, type, data: JSON.stringify(payload) };
    for (const stream of streams) stream.push(streamed);
  }
}

function streamedEvent({ seq, event }: LoggedEvent): StreamedEvent[] {
  const message = streamMessageOf(event);
  return message ? [{ seq, type: message.type, data: JSON.stringify(message.payload) }] : [];
}
