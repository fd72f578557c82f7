import { Agent } from 'node:http';
import { Agent as TlsAgent } from 'node:https';
import {
  answerError,
  Batcher,
  type BatchOutcome,
  PermanentError,
  type PusherConfig,
  Semaphore,
  sendDivided,
  traced,
  within,
} from '#platform';
import Pusher from 'pusher';
import { ChannelEncryption } from '../channel-encryption.js';
import { batchLimit, Realtime, type RealtimeMessage } from '../realtime.js';
import type { RefusedPushQueue } from '../refused/refused-push.queue.js';

const maxSockets = 32;
/** How long a message waits for company while others are on their way. */
const lingerMs = 3;
const keepAlive = { keepAlive: true, maxSockets };

/** Sends through Pusher Channels or a server that speaks its protocol. */
export class PusherRealtime extends Realtime {
  private readonly pusher: Pusher;
  private readonly timeoutMs: number;
  /** A call's time begins with its connection: one given up while it waits for one would still be sent, and then twice. */
  private readonly slots = new Semaphore(maxSockets);
  private readonly singles = new Batcher<RealtimeMessage>((messages) => this.callForAll(messages), {
    size: batchLimit,
    atOnce: maxSockets,
    lingerMs,
  });

  constructor(config: PusherConfig, encryption: ChannelEncryption, refused: RefusedPushQueue) {
    super(encryption, refused);
    const { appId, key, secret, host, port, cluster, useTls: useTLS, timeoutMs: timeout } = config;
    this.timeoutMs = timeout;
    const options = { ...keepAlive, timeout };
    const agent = handOnLate(dropSilent(useTLS ? new TlsAgent(options) : new Agent(options)));
    const common = { appId, key, secret, useTLS, timeout, agent };
    this.pusher = host
      ? new Pusher({ ...common, host, port: port?.toString() })
      : new Pusher({ ...common, cluster: cluster ?? 'mt1' });
  }

  /** Messages of one caller stay in one call and in order; lone ones of several callers share a call. */
  protected override async deliver(messages: RealtimeMessage[]): Promise<(PermanentError | undefined)[]> {
    const [first, ...others] = messages;
    // A call that several share is a span of each of them.
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

  private async divide(messages: RealtimeMessage[]): Promise<(PermanentError | undefined)[]> {
    return (await sendDivided(messages, (some) => this.call(some))).map(refusalIn);
  }

  /** A call that is refused for what is in it is made again message by message, so that only the one at fault fails. */
  private async callForAll(messages: RealtimeMessage[]): Promise<BatchOutcome<void>[]> {
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

  private async call(messages: RealtimeMessage[]): Promise<void> {
    try {
      // The library's own timeout ends with the head of an answer; a body that breaks off would be waited for without end.
      await this.slots.run(() => within(this.timeoutMs, this.post(messages), 'no whole answer'));
    } catch (error) {
      throw explained(error as Error & { status?: number; body?: string; error?: Error });
    }
  }

  private async post(messages: RealtimeMessage[]): Promise<void> {
    const [first, ...others] = messages;
    const response =
      first && others.length === 0
        ? await this.pusher.trigger(first.channel, first.name, first.data)
        : await this.pusher.triggerBatch(messages);
    // An unread body would keep its connection from being used again.
    await response.text();
  }
}

/** Why a message was refused, if it was; throws where it failed for another reason. */
function refusalIn(outcome: BatchOutcome<void>): PermanentError | undefined {
  if (!('error' in outcome)) return undefined;
  if (outcome.error instanceof PermanentError) return outcome.error;
  throw outcome.error;
}

/** Closes a connection on which nothing comes any more, so that it does not count against those that may be open. */
function dropSilent(agent: Agent): Agent {
  const create = agent.createConnection.bind(agent);
  agent.createConnection = (options, callback) => {
    const socket = create(options, callback);
    socket?.once('timeout', () => socket.destroy(new Error('the answer broke off')));
    return socket;
  };
  return agent;
}

/**
 * Lets an answer close before its connection is handed on to the next call. The library's fetch looks at the connection
 * when an answer sent in chunks closes, and takes one that works for the next call already for one that broke off.
 */
function handOnLate(agent: Agent): Agent {
  const emit = agent.emit.bind(agent) as (event: string | symbol, ...args: unknown[]) => boolean;
  agent.emit = (event: string | symbol, ...args: unknown[]) => {
    if (event !== 'free') return emit(event, ...args);
    setImmediate(() => emit(event, ...args));
    return true;
  };
  return agent;
}

/** The library's error names a URL that is signed; what is logged must not. */
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
