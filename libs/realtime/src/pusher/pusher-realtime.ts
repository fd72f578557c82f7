import { Agent } from 'node:http';
import { Agent as TlsAgent } from 'node:https';
import {
  answerError,
  Batcher,
  type BatchOutcome,
  PermanentError,
  Semaphore,
  sendDivided,
  traced,
  withTimeout,
} from '#platform';
import Pusher from 'pusher';
import { ChannelEncryption } from '../channels.js';
import { batchLimit, type EncodedMessage, Realtime } from '../realtime.js';
import type { PushMetrics } from '../push-metrics.js';
import type { RefusedPushQueue } from '../refused-push.queue.js';
import { type PusherConfig } from '../realtime.config.js';

const maxSockets = 64;
/** While calls are in flight, a message waits this long for others that can share its call. */
const lingerMs = 3;
const keepAlive = { keepAlive: true, maxSockets };

/** Sends through Pusher Channels or a server with its protocol. */
export class PusherRealtime extends Realtime {
  private readonly pusher: Pusher;
  private readonly timeoutMs: number;
  /**
   * The timeout of a call starts when it has a connection. A call that timed out while it waited for one would still be sent
   * later, and its retry would send it twice.
   */
  private readonly slots = new Semaphore(maxSockets);
  private readonly singles = new Batcher<EncodedMessage>((messages) => this.callForAll(messages), {
    size: batchLimit,
    atOnce: maxSockets,
    lingerMs,
  });

  constructor(
    config: PusherConfig,
    encryption: ChannelEncryption,
    refused: RefusedPushQueue,
    metrics: PushMetrics,
  ) {
    super(encryption, refused, metrics);
    const { appId, key, secret, host, port, cluster, useTls: useTLS, timeoutMs: timeout } = config;
    this.timeoutMs = timeout;
    const options = { ...keepAlive, timeout };
    const agent = reuseAfterClose(closeSilentSockets(useTLS ? new TlsAgent(options) : new Agent(options)));
    const common = { appId, key, secret, useTLS, timeout, agent };
    this.pusher = host
      ? new Pusher({ ...common, host, port: port?.toString() })
      : new Pusher({ ...common, cluster: cluster ?? 'mt1' });
  }

  /** Messages of one caller stay in one call and in order; single messages of several callers share a call. */
  protected override async deliver(messages: EncodedMessage[]): Promise<(PermanentError | undefined)[]> {
    const [first, ...others] = messages;
    // A shared call has a span in the trace of each caller.
    const fields = () => ({ events: messages.map(({ name }) => name).join(' ') });
    const run = <Result>(work: () => Promise<Result>) => traced('pusher', 'client', fields, work);
    if (!first || others.length > 0) return run(() => this.divide(messages));
    try {
      await run(() => this.singles.add(first));
      return [undefined];
    } catch (error) {
      return [refusalIn({ error: error as Error })];
    }
  }

  private async divide(messages: EncodedMessage[]): Promise<(PermanentError | undefined)[]> {
    return (await sendDivided(messages, (some) => this.call(some))).map(refusalIn);
  }

  /** If a shared call is refused for its content, each message is sent alone, so that only the invalid one fails. */
  private async callForAll(messages: EncodedMessage[]): Promise<BatchOutcome<void>[]> {
    try {
      await this.call(messages);
      return messages.map(() => ({ value: undefined }));
    } catch (error) {
      if (!(error instanceof PermanentError) || messages.length === 1) throw error;
      return Promise.all(messages.map((message) => this.outcomeOf(this.call([message]))));
    }
  }

  private async outcomeOf(call: Promise<void>): Promise<BatchOutcome<void>> {
    return call.then(
      () => ({ value: undefined }),
      (error: Error) => ({ error }),
    );
  }

  private async call(messages: EncodedMessage[]): Promise<void> {
    try {
      // The library's own timeout covers only the headers; a body that never ends would block forever.
      await this.slots.run(() => withTimeout(this.timeoutMs, this.post(messages), 'no whole answer'));
    } catch (error) {
      throw explained(error as Error & { status?: number; body?: string; error?: Error });
    }
  }

  private async post(messages: EncodedMessage[]): Promise<void> {
    const [first, ...others] = messages;
    const response =
      first && others.length === 0
        ? await this.pusher.trigger(first.channel, first.name, first.data)
        : await this.pusher.triggerBatch(messages);
    // The connection is reused only after the body was read.
    await response.text();
  }
}

/** The reason if a message was refused for its content; throws any other error. */
function refusalIn(outcome: BatchOutcome<void>): PermanentError | undefined {
  if (!('error' in outcome)) return undefined;
  if (outcome.error instanceof PermanentError) return outcome.error;
  throw outcome.error;
}

/** Closes a connection that has become silent, so that it does not count against the limit of connections. */
function closeSilentSockets(agent: Agent): Agent {
  const create = agent.createConnection.bind(agent);
  agent.createConnection = (options, callback) => {
    const socket = create(options, callback);
    socket?.once('timeout', () => socket.destroy(new Error('the answer broke off')));
    return socket;
  };
  return agent;
}

/**
 * Frees a connection only after its response has closed. The library's fetch checks the connection when a chunked response
 * closes; if the next call already uses it, fetch reports the response as aborted.
 */
function reuseAfterClose(agent: Agent): Agent {
  const emit = agent.emit.bind(agent) as (event: string | symbol, ...args: unknown[]) => boolean;
  agent.emit = (event: string | symbol, ...args: unknown[]) => {
    if (event !== 'free') return emit(event, ...args);
    setImmediate(() => emit(event, ...args));
    return true;
  };
  return agent;
}

/** The library's error contains the signed url, which must not be logged. */
function explained({
  status,
  body,
  error,
  message,
}: Error & { status?: number; body?: string; error?: Error }): Error {
  if (!status)
    return new Error(`Pusher cannot be reached: ${(error?.message ?? message).replace(/\?\S+/, '')}`);
  return answerError(status, `Pusher answered ${status}: ${body?.slice(0, 200) ?? ''}`);
}
