import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { pushedAs, wireFaults } from './wire.js';

/** An event as the sink got it, `data` read as JSON. */
export interface PushedEvent {
  channel: string;
  name: string;
  data: Record<string, unknown>;
}

/**
 * How the sink meets a request: a status other than 200 refuses it, `hang` never answers, `stall` sends the head of an
 * answer and never its body, `close` cuts the connection, `break` does so behind the head, `afterMs` accepts it late.
 */
export type Misbehaviour =
  { status: number; body?: string } | { afterMs: number } | 'hang' | 'stall' | 'close' | 'break';

interface Rule {
  event: string;
  behaviour: Misbehaviour;
  times: number;
}

interface RawEvent {
  name: string;
  data: string;
  channel?: string;
  channels?: string[];
}

const app = { id: 'sink-app', key: 'sink-key', secret: 'sink-secret' };

/** The events endpoint of a Pusher, in memory, that a test can make misbehave. */
export class PusherSink {
  /** What was accepted, in order. */
  readonly accepted: PushedEvent[] = [];
  /** Every event that a well-signed request brought, accepted or not. */
  readonly tried: PushedEvent[] = [];
  /** Requests that a real Pusher would refuse for their form or signature, and events that asyncapi.json does not have. */
  readonly faults: string[] = [];
  /** Called with each event that is accepted. */
  onAccepted: (event: PushedEvent) => void = () => undefined;
  private rules: Rule[] = [];
  private refusedChannels = new Set<string>();
  private mostAtOnce = Infinity;
  private readonly held = new Map<ServerResponse, PushedEvent[]>();
  private readonly server: Server;

  constructor() {
    this.server = createServer((request, response) => {
      void this.handle(request, response).catch((error: unknown) => {
        this.faults.push(String(error));
        answer(response, 400, String(error));
      });
    });
  }

  static async start(): Promise<PusherSink> {
    const sink = new PusherSink();
    await sink.listen();
    return sink;
  }

  /** Starts with nothing sent yet, on a port of its own. */
  async listen(): Promise<void> {
    this.behave();
    for (const list of [this.accepted, this.tried, this.faults]) list.length = 0;
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
  }

  /** The variables with which goalpost sends here. */
  get env(): NodeJS.ProcessEnv {
    return {
      PUSHER_APP_ID: app.id,
      PUSHER_KEY: app.key,
      PUSHER_SECRET: app.secret,
      PUSHER_HOST: '127.0.0.1',
      PUSHER_PORT: String((this.server.address() as AddressInfo).port),
    };
  }

  /** How many requests are being left without an answer at this moment. */
  get hanging(): number {
    return this.held.size;
  }

  /** Misbehaves towards the next requests that bring this event, `*` for any. */
  misbehave(event: string, behaviour: Misbehaviour, times = Infinity): void {
    this.rules.push({ event, behaviour, times });
  }

  /** Refuses every request that brings an event for one of these channels, as a real one does with 400. */
  refuseChannels(channels: string[]): void {
    this.refusedChannels = new Set(channels);
  }

  /** Refuses requests with more events than that, as too large. */
  takeAtMost(events: number): void {
    this.mostAtOnce = events;
  }

  /** Accepts everything from now on; what hangs already goes on hanging. */
  behave(): void {
    this.rules = [];
    this.refusedChannels = new Set();
    this.mostAtOnce = Infinity;
  }

  /** Cuts what hangs, as a server does that is started anew. */
  cutHanging(): void {
    for (const response of this.held.keys()) response.socket?.destroy();
  }

  /** Accepts what hangs after all. */
  acceptHanging(): void {
    for (const [response, events] of this.held) this.accept(events, response);
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = Buffer.concat(await request.toArray());
    const url = new URL(request.url ?? '/', 'http://sink');
    if (request.method !== 'POST' || !/^\/apps\/sink-app\/(batch_)?events$/.test(url.pathname))
      throw new Error(`no such endpoint: ${request.method} ${url.pathname}`);
    const fault = faultOfSignature(url, body);
    if (fault) {
      this.faults.push(fault);
      return answer(response, 401, fault);
    }
    const parsed = JSON.parse(body.toString()) as RawEvent | { batch: RawEvent[] };
    const events = ('batch' in parsed ? parsed.batch : [parsed]).flatMap(eventsOf);
    this.tried.push(...events);
    for (const { name, data } of events) {
      const message = pushedAs(name, data);
      if (message) this.faults.push(...wireFaults(message, data));
    }
    await this.meet(events, response);
  }

  private async meet(events: PushedEvent[], response: ServerResponse): Promise<void> {
    const behaviour = this.behaviourFor(events);
    if (behaviour === 'close') return void response.socket?.destroy();
    if (behaviour === 'break') {
      response.writeHead(200, { 'content-length': '2' }).flushHeaders();
      return void setImmediate(() => response.socket?.destroy());
    }
    if (behaviour === 'hang' || behaviour === 'stall') {
      this.held.set(response, events);
      response.once('close', () => this.held.delete(response));
      if (behaviour === 'stall') response.writeHead(200, { 'content-length': '2' }).flushHeaders();
      return;
    }
    if (behaviour && 'status' in behaviour)
      return answer(response, behaviour.status, behaviour.body ?? 'as the test asked');
    if (behaviour) await wait(behaviour.afterMs);
    this.accept(events, response);
  }

  private accept(events: PushedEvent[], response: ServerResponse): void {
    this.accepted.push(...events);
    events.forEach(this.onAccepted);
    answer(response, 200, '{}');
  }

  private behaviourFor(events: PushedEvent[]): Misbehaviour | undefined {
    if (events.length > this.mostAtOnce) return { status: 413 };
    if (events.some(({ channel }) => this.refusedChannels.has(channel))) return { status: 400 };
    const rule = this.rules.find(
      ({ event, times }) => times > 0 && (event === '*' || events.some(({ name }) => name === event)),
    );
    if (rule) rule.times--;
    return rule?.behaviour;
  }
}

function eventsOf({ name, data, channel, channels = [channel ?? ''] }: RawEvent): PushedEvent[] {
  if (typeof data !== 'string' || Buffer.byteLength(data) > 10 * 1024)
    throw new Error(`the data of ${name} is no text or over 10 KB`);
  const parsed = JSON.parse(data) as Record<string, unknown>;
  return channels.map((each) => ({ name, channel: each, data: parsed }));
}

/** What Pusher would say against the signature of a request, if anything. */
function faultOfSignature(url: URL, body: Buffer): string | undefined {
  const { auth_signature = '', ...signed } = Object.fromEntries(url.searchParams);
  if (signed.auth_key !== app.key) return 'auth_key is not that of the app';
  if (signed.body_md5 !== createHash('md5').update(body).digest('hex')) return 'body_md5 does not match';
  if (Math.abs(Date.now() / 1000 - Number(signed.auth_timestamp)) > 600) return 'auth_timestamp is too old';
  const query = Object.keys(signed)
    .toSorted()
    .map((name) => `${name}=${signed[name]}`)
    .join('&');
  const expected = createHmac('sha256', app.secret).update(`POST\n${url.pathname}\n${query}`).digest();
  const given = Buffer.from(auth_signature, 'hex');
  return given.length === expected.length && timingSafeEqual(given, expected)
    ? undefined
    : 'auth_signature does not match';
}

function answer(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(body);
}
