import type { GoalEvent } from '#contracts';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import type { Client } from './client.js';
import { checkWire } from './wire.js';

/** An event of a stream, as a client of server-sent events reads it. */
export interface SentEvent {
  id?: string;
  event: string;
  data: Record<string, unknown>;
}

/** Follows GET /events from where it was, as another service does. */
export class LogReader {
  readonly events: GoalEvent[] = [];
  cursor?: string;

  constructor(
    private readonly client: Client,
    private readonly query = '',
    private readonly limit = 100,
  ) {}

  /** Reads on to the end of the log, or so many pages; returns what was new. */
  async readOn(mostPages = Infinity): Promise<GoalEvent[]> {
    const found: GoalEvent[] = [];
    for (let pages = 0; pages < mostPages;) {
      const after = this.cursor === undefined ? '' : `&after=${this.cursor}`;
      const path = `/events?limit=${this.limit}${after}${this.query}`;
      const { status, body } = await this.client.get<{ items: GoalEvent[]; next_cursor: string }>(path);
      // A service that has too much to do asks its readers to come again.
      if (status === 503) {
        await setTimeout(100);
        continue;
      }
      if (status !== 200) throw new Error(`${path}: ${status} ${JSON.stringify(body)}`);
      pages += 1;
      found.push(...body.items);
      this.cursor = body.next_cursor;
      if (body.items.length < this.limit) break;
    }
    this.events.push(...found);
    return found;
  }
}

/** One connection to a stream, which nothing else uses. */
export class StreamReader {
  readonly events: SentEvent[] = [];
  /** The id with which it began. */
  startId?: string;
  /** Lines that begin with a colon. */
  comments = 0;
  /** The id that it resumed after. */
  from?: string;
  /** Resolves when the connection has ended, whoever ended it. */
  readonly ended: Promise<unknown>;
  private text = '';

  private constructor(readonly response: IncomingMessage) {
    this.ended = new Promise((resolve) => response.once('close', resolve));
    response.on('error', () => undefined);
    if (this.status !== 200) return;
    response.setEncoding('utf8').on('data', (chunk: string) => this.read(chunk));
  }

  /** Connects; the head of the response is there once this resolves. */
  static async open(url: string, headers: Record<string, string> = {}): Promise<StreamReader> {
    const request = get(url, { headers, agent: false });
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    return new StreamReader(response);
  }

  get status(): number {
    return this.response.statusCode!;
  }

  /** The body of a refusal. */
  body(): Promise<string> {
    return text(this.response);
  }

  get lastId(): string | undefined {
    return this.events.findLast(({ id }) => id !== undefined)?.id;
  }

  /** Cuts the connection. */
  async close(): Promise<void> {
    this.response.destroy();
    await this.ended;
  }

  private read(chunk: string): void {
    const frames = (this.text + chunk).split('\n\n');
    this.text = frames.pop() ?? '';
    for (const frame of frames) this.take(frame);
  }

  private take(frame: string): void {
    const fields = new Map(frame.split('\n').map((line) => line.split(/: (.*)/s) as [string, string]));
    if (frame.startsWith(':')) this.comments += 1;
    const data = fields.get('data');
    if (fields.has('retry')) this.startId = fields.get('id');
    if (data === undefined) return;
    const event = fields.get('event')!;
    const payload = JSON.parse(data) as Record<string, unknown>;
    checkWire(`stream.${event}`, payload);
    this.events.push({ id: fields.get('id'), event, data: payload });
  }
}
