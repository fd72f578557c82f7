import type { OutgoingHttpHeaders } from 'node:http';
import type { FastifyReply } from 'fastify';
import { cursorOf } from '../log-cursor.js';

/**
 * How much may wait for a client that reads slowly, in bytes: some hundred events. So thousands of slow clients do not fill
 * the memory of an api.
 */
const mostWaiting = 128 * 1024;

/** A connection that carries nothing for that long gets a comment, so that no proxy takes it for dead. */
const commentAfterMs = 15_000;

/** How long a client may take to read a part of the events that it has missed. */
const drainWithinMs = 15_000;

/** How long a client may take to read the end of its stream. */
const endWithinMs = 1_000;

/** How long clients wait before they connect again. */
const retryMs = 2_000;

/** An event as a stream sends it. */
export interface StreamedEvent {
  /** Its position in the log; absent if the log does not have it. */
  seq?: number;
  type: string;
  /** The payload as JSON. */
  data: string;
}

/** One client that follows the events of a session as server-sent events. */
export class EventStream {
  private isOpen = true;
  private lastSent = performance.now();
  /** Events that have come while older ones are being sent; undefined once there are no older ones. */
  private held?: StreamedEvent[] = [];
  private heldBytes = 0;

  /**
   * `isAuthorized`: whether the client's token still holds. `position`: that of the last event which the client has had.
   */
  constructor(
    private readonly reply: FastifyReply,
    readonly sessionId: string,
    private readonly isAuthorized: () => Promise<boolean>,
    private position: number,
  ) {
    reply.raw.on('error', () => undefined);
  }

  /** Calls back when the connection is over, whoever ended it. */
  onClosed(callback: () => void): void {
    this.reply.raw.once('close', () => {
      this.isOpen = false;
      callback();
    });
  }

  get isClosed(): boolean {
    return !this.isOpen;
  }

  /**
   * Sends the head of the response; from here on it is no matter of the framework. `from`: the position in the log from which
   * on it has all events. Its cursor goes ahead of them, so that a stream can be resumed to which nothing has come yet.
   */
  begin(from?: number): void {
    const headers = this.reply.getHeaders();
    this.reply.hijack();
    this.reply.raw.writeHead(200, {
      ...(headers as OutgoingHttpHeaders),
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      // nginx would hold events back until its buffer is full.
      'x-accel-buffering': 'no',
      // Its end is that of the connection, which would otherwise keep a process that stops.
      connection: 'close',
    });
    this.write(`retry: ${retryMs}\n${from === undefined ? '' : `id: ${cursorOf(from)}\n`}\n`);
  }

  /** Sends an event, or holds it back while older ones are being sent. */
  push(event: StreamedEvent): void {
    if (!this.held) return this.send(event);
    this.held.push(event);
    this.heldBytes += event.data.length;
    if (this.heldBytes > mostWaiting) this.cut();
  }

  /** Sends events that the client has missed, as fast as it reads them. */
  async replay(events: StreamedEvent[]): Promise<void> {
    for (const event of events) {
      if (!this.isOpen) return;
      this.send(event);
      if (this.reply.raw.writableNeedDrain) await this.drained();
    }
  }

  /** Sends what was held back; from now on events are sent as they come. */
  release(): void {
    const held = this.held ?? [];
    this.held = undefined;
    for (const event of held) this.send(event);
  }

  /** Ends the connection if the token does not hold any more, and sends a comment if nothing was sent for a while. */
  async tick(now: number): Promise<void> {
    if (!(await this.isAuthorized())) this.end();
    else if (now - this.lastSent >= commentAfterMs) this.write(':\n\n');
  }

  /** Ends the connection in order; a client that does not read is cut off. */
  end(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    const timer = setTimeout(() => this.cut(), endWithinMs).unref();
    this.reply.raw.end(() => clearTimeout(timer));
  }

  private send({ seq, type, data }: StreamedEvent): void {
    if (seq !== undefined && seq <= this.position) return;
    this.position = seq ?? this.position;
    const id = seq === undefined ? '' : `id: ${cursorOf(seq)}\n`;
    this.write(`${id}event: ${type}\ndata: ${data}\n\n`);
  }

  private write(frame: string): void {
    if (!this.isOpen) return;
    this.lastSent = performance.now();
    const { raw } = this.reply;
    raw.write(frame);
    if (raw.writableLength > mostWaiting) this.cut();
  }

  /** The client reads too slowly. It may connect again, and resumes where it was. */
  private cut(): void {
    this.isOpen = false;
    this.reply.raw.destroy();
  }

  private drained(): Promise<void> {
    const { raw } = this.reply;
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.cut(), drainWithinMs);
      const done = () => {
        clearTimeout(timer);
        raw.off('drain', done).off('close', done);
        resolve();
      };
      raw.once('drain', done).once('close', done);
    });
  }
}
